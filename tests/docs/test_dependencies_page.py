"""docs/dependencies.md and the lists of the image: every package that is installed, once, with its reason and pin."""

from __future__ import annotations

import json
import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
LISTS = (ROOT / ".ci/image-requirements.txt", ROOT / ".ci/image-tools.txt")
DIRECT = [Requirement(text) for text in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]]


def normalised(name: str) -> str:
    """A package's name in the form of PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(file: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", file.read_text(encoding="utf-8"), re.MULTILINE))


def reasons() -> dict[str, dict[str, str]]:
    tables = tomllib.loads((ROOT / "docs/dependencies.toml").read_text(encoding="utf-8"))
    return {title: {normalised(name): text for name, text in table.items()} for title, table in tables.items()}


CONSTRAINTS = {
    normalised(name): version
    for name, version in re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
}


def needed(requirements: list[Requirement]) -> set[str]:
    """The normalised names of everything that is installed for some requirements on this machine."""
    names: set[str] = set()
    waiting = list(requirements)
    while waiting:
        requirement = waiting.pop()
        extras = requirement.extras or {""}
        if requirement.marker and not any(requirement.marker.evaluate({"extra": extra}) for extra in extras):
            continue
        names.add(normalised(requirement.name))
        for text in metadata.requires(requirement.name) or ():
            further = Requirement(text)
            is_wanted = not further.marker or any(further.marker.evaluate({"extra": extra}) for extra in extras)
            if is_wanted and normalised(further.name) not in names:
                waiting.append(further)
    return names


def test_the_page_has_the_reason_of_every_direct_dependency():
    assert set(reasons()["direct"]) == {normalised(requirement.name) for requirement in DIRECT}


def test_the_page_has_the_reason_of_every_indirect_dependency():
    tables = reasons()
    assert needed(DIRECT) - set(tables["direct"]) == set(tables["indirect"])


def test_a_bound_is_about_a_dependency():
    tables = reasons()
    assert set(tables["bound"]) <= {*tables["direct"], *tables["indirect"]}


def test_the_image_has_every_dependency_in_the_tested_version():
    versions = {normalised(name): version for name, version in pinned(LISTS[0]).items()}
    assert needed(DIRECT) <= set(versions)
    assert {name: CONSTRAINTS[name] for name in versions} == versions


@pytest.mark.parametrize("file", LISTS, ids=lambda file: file.stem)
def test_every_file_of_the_image_has_a_hash_and_no_address(file: Path):
    text = file.read_text(encoding="utf-8")
    assert "://" not in text
    assert "index-url" not in text
    rows = re.split(r"\n(?=\S)", text.strip())
    assert [row.split()[0] for row in rows if not re.search(r"--hash=sha256:[0-9a-f]{64}", row)] == []


def test_the_facts_are_of_the_pinned_versions():
    facts = json.loads((ROOT / "docs/dependencies.json").read_text(encoding="utf-8"))
    assert {name: fact["version"] for name, fact in facts.items()} == pinned(LISTS[0])
