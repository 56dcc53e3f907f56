"""The published files: wheel and source distribution as `python -m build` makes them. `.ci/run` builds both."""

from __future__ import annotations

import email
import os
import tarfile
import tomllib
import zipfile
from email.message import Message
from pathlib import Path

import pytest

from sandbox import __version__

FOLDER = os.environ.get("PKB_SANDBOX_TEST_DISTRIBUTIONS")
ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DATA = ("capability_statements", "docs", "fixtures")
SOURCES = {
    *DATA,
    *("sandbox", "pyproject.toml", "constraints.txt", "PKG-INFO"),
    *("README.md", "CHANGELOG.md", "LICENSE", ".gitignore"),
}
"""hatchling always adds .gitignore, by which it chose the files."""

pytestmark = [
    pytest.mark.own_environment("distributions"),
    pytest.mark.skipif(not FOLDER, reason="nothing is built: PKB_SANDBOX_TEST_DISTRIBUTIONS names no folder with both"),
]


@pytest.fixture(scope="module")
def source() -> dict[str, bytes]:
    """The files of the source distribution, by their paths below its folder."""
    (file,) = Path(str(FOLDER)).glob("*.tar.gz")
    assert file.name == f"pkb_sandbox-{__version__}.tar.gz"
    with tarfile.open(file) as archive:
        members = [member for member in archive if member.isfile()]
        return {member.name.partition("/")[2]: archive.extractfile(member).read() for member in members}  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def wheel() -> dict[str, bytes]:
    """The files of the wheel, by their paths."""
    (file,) = Path(str(FOLDER)).glob("*.whl")
    assert file.name == f"pkb_sandbox-{__version__}-py3-none-any.whl"
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def metadata(wheel: dict[str, bytes]) -> Message:
    return email.message_from_bytes(wheel[f"pkb_sandbox-{__version__}.dist-info/METADATA"])


def test_the_source_distribution_contains_what_the_wheel_is_made_from_and_nothing_else(source: dict[str, bytes]):
    assert {name.partition("/")[0] for name in source} == SOURCES


def test_every_file_of_the_source_distribution_is_one_of_the_repository(source: dict[str, bytes]):
    differing = [name for name in source if name != "PKG-INFO" and (ROOT / name).read_bytes() != source[name]]
    assert differing == []


@pytest.mark.parametrize("distribution", ["source", "wheel"])
def test_no_distribution_contains_a_cache(distribution: str, request: pytest.FixtureRequest):
    names = request.getfixturevalue(distribution)
    caches = [name for name in names if "cache" in name.lower().rpartition("/")[0]]
    assert [name for name in names if name.endswith((".pyc", ".db", ".log", "~"))] + caches == []


def test_the_wheel_and_the_source_distribution_contain_the_same(source: dict[str, bytes], wheel: dict[str, bytes]):
    data = {f"sandbox/_data/{name}": text for name, text in source.items() if name.startswith(DATA)}
    code = {name: text for name, text in source.items() if name.startswith("sandbox/")}
    assert {name: text for name, text in wheel.items() if name.startswith("sandbox/")} == code | data


def test_the_wheel_contains_the_documentation_site(wheel: dict[str, bytes]):
    site = {name: content for name, content in wheel.items() if name.startswith("sandbox/_data/docs/_site/")}
    pages = {name.rpartition("/_site/")[2] for name in site if name.endswith(".html.gz")}
    assert {"index.html.gz", "search.html.gz", "quickstart.html.gz", "hl7.html.gz"} <= pages
    assert sum(map(len, site.values())) <= 3_000_000


def test_the_metadata_state_the_version_the_licence_and_the_command(metadata: Message, wheel: dict[str, bytes]):
    assert (metadata["Name"], metadata["Version"]) == ("pkb-sandbox", __version__)
    assert (metadata["License-Expression"], metadata["License-File"]) == ("Apache-2.0", "LICENSE")
    assert metadata["Requires-Python"] == PROJECT["requires-python"]
    assert b"pkb-sandbox = sandbox.cli:main" in wheel[f"pkb_sandbox-{__version__}.dist-info/entry_points.txt"]


def test_the_description_is_the_readme(metadata: Message):
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_payload(decode=True) == (ROOT / "README.md").read_bytes()
