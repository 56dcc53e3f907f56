"""The page of dependencies: why each is there, its pinned version, age and licence.

`python docs/dependencies_page.py INDEX` asks the JSON API of a package index for the facts of the pinned versions, and
writes docs/dependencies.json.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
FACTS = DOCS / "dependencies.json"
LISTS = (DOCS.parent / ".ci/image-requirements.txt", DOCS.parent / ".ci/image-tools.txt")
"""The pinned packages of the image, with hashes: those of the sandbox, and those that build it."""


def pinned(file: Path) -> dict[str, str]:
    """Return the normalised name of each package in a list, and its version."""
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", file.read_text(encoding="utf-8"), re.MULTILINE))


def reasons() -> dict[str, Any]:
    """Return the tables of dependencies.toml, with normalised names of packages."""
    tables = tomllib.loads((DOCS / "dependencies.toml").read_text(encoding="utf-8"))
    return {title: {normalised(name): text for name, text in table.items()} for title, table in tables.items()}


def normalised(name: str) -> str:
    """Return a package's name in the form of PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def dependencies() -> Iterator[str]:
    """A table of the packages that are listed in pyproject.toml, and one of those that they need."""
    facts = json.loads(FACTS.read_text(encoding="utf-8"))
    tables = reasons()
    for title, table, heading in (
        ("Listed in pyproject.toml", tables["direct"], "what it is for"),
        ("Needed by those", tables["indirect"], "needed by"),
    ):
        yield f"## {title}"
        yield ""
        yield f"| package | version | published | first published, releases | licence | {heading} |"
        yield "|---|---|---|---|---|---|"
        for name, reason in sorted(table.items()):
            fact = facts[name]
            history = f"{fact['first_published'][:4]}, {fact['releases']}"
            yield f"| {name} | {fact['version']} | {fact['published']} | {history} | {fact['licence']} | {reason} |"
        yield ""
    yield "## Read and bounded"
    yield ""
    yield "| package | what limits it |"
    yield "|---|---|"
    for name, bound in tables["bound"].items():
        yield f"| {name} | {bound} |"


def fact_of(index: str, name: str, version: str) -> dict[str, Any]:
    """Return what the index publishes of a package. The licence is that of the latest version."""
    with urllib.request.urlopen(f"{index}/{name}/json", timeout=60) as answer:  # noqa: S310 - the user's address
        project = json.load(answer)
    days = sorted(file["upload_time"][:10] for files in project["releases"].values() for file in files)
    return {
        "version": version,
        "published": min(file["upload_time"][:10] for file in project["releases"][version]),
        "first_published": days[0],
        "releases": sum(bool(files) for files in project["releases"].values()),
        "licence": licence(project["info"]),
    }


def licence(info: dict[str, Any]) -> str:
    """Return a package's licence: the SPDX expression, else the classifiers, else the first line of its text."""
    classifiers = [row.rpartition(" :: ")[2] for row in info["classifiers"] if row.startswith("License :: OSI")]
    text = info.get("license_expression") or ", ".join(classifiers) or (info["license"] or "not stated")
    return str(text).strip().splitlines()[0][:60]


if __name__ == "__main__":
    rows = {name: fact_of(sys.argv[1].rstrip("/"), name, version) for name, version in pinned(LISTS[0]).items()}
    FACTS.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
