"""The wheel contains the code and the data files that it reads."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
BESIDE_CODE = (".toml", ".json", ".wsdl", ".html", ".pem", ".css", ".js", ".svg")


def test_the_wheel_holds_the_data_files(tmp_path: Path):
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    shipped = [
        file for top in ("capability_statements", "fixtures") for file in (ROOT / top).rglob("*") if file.is_file()
    ]
    shipped += (ROOT / "docs").rglob("*.md")
    beside = [file for file in (ROOT / "sandbox").rglob("*") if file.suffix in BESIDE_CODE]
    assert {f"sandbox/_data/{file.relative_to(ROOT)}" for file in shipped} <= held
    assert {str(file.relative_to(ROOT)) for file in beside} <= held
    assert "sandbox/py.typed" in held
    assert {name.split("/")[0].split("-")[0] for name in held} == {"sandbox", "pkb_sandbox"}


def test_a_change_of_the_code_reinstalls_no_dependency_in_the_container():
    """What is copied before the dependencies are installed, and what is installed after the code is copied."""
    before, _, after = (ROOT / "Dockerfile").read_text(encoding="utf-8").partition("COPY . .")
    assert [line for line in before.splitlines() if line.startswith("COPY")] == [
        "COPY .ci/image-requirements.txt .ci/image-tools.txt ./"
    ]
    assert "--require-hashes -r image-requirements.txt" in before
    installing = [step for step in after.replace("\\\n", " ").split("&&") if "/pip " in step]
    assert len(installing) == 2
    assert all("--no-deps" in line for line in installing)


def test_the_version_and_the_change_log_agree():
    from sandbox import __version__

    assert f"## [{__version__}] " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_pages_are_generated_from_the_data_files():
    checked = subprocess.run([sys.executable, "docs/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


def test_the_container_is_built_from_all_that_the_wheel_is_made_from():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {
        *wheel["packages"],
        *wheel["force-include"],
        project["project"]["readme"],
        *project["project"]["license-files"],
    }
    lists = {".ci/image-requirements.txt", ".ci/image-tools.txt"}
    rows = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {f"!{path}" for path in needed | {"pyproject.toml", *lists}} == {row for row in rows if row[0] == "!"}
