"""Imports between rooms: the table of docs/architecture.md."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "sandbox"
FRONT_ENDS = {"hl7", "rest", "fhir", "oauth", "control"}
GROUND = {"errors", "settings", "facts", "base", "tls", "health_check"}
LAYERS = (
    {"__main__", "__init__"},
    {"pytest_plugin"},
    {"cli", "testing"},
    {"examples"},
    {"server"},
    {"app", "web_server"},
    {"assembly"},
    {"console"},
    {"pact"},
    {"contract", "synthetic", "conformance", "replay"},
    FRONT_ENDS,
    {"http"},
    {"access"},
    {"worlds"},
    {"domain"},
    {"store"},
    {"model"},
    GROUND,
)
"""From the top to the ground."""

ENDPOINTS = {"facade", "messaging", "customer", "aggregated"}
FHIR_LAYERS = ({"mounts"}, ENDPOINTS, {"resources", "rendered"}, {"search"}, {"base"})
"""The same inside `fhir`."""

ONLY = {
    "tinydb": {"store"},
    "hl7": {"hl7"},
    "hypothesis": {"testing"},
    "fhir": {"fhir"},
    "sqlite3": {"store"},
    "starlette": FRONT_ENDS | {"http", "app", "console", "contract", "server"},
}
"""A library → the rooms that may import it."""

LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}
FHIR_LEVEL = {room: level for level, rooms in enumerate(FHIR_LAYERS) for room in rooms}
FILES = sorted(PACKAGE.rglob("*.py"))
FHIR_FILES = [file for file in FILES if PACKAGE / "fhir" in file.parents and file.parent.name != "fhir"]
FHIR_FILES.append(PACKAGE / "fhir/mounts.py")


def room_of(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_room_imports_only_rooms_below_it(file: Path):
    room = room_of(file)
    for name in imports(file):
        parts = name.split(".")
        if parts[0] == "sandbox" and len(parts) > 1 and parts[1] in LEVEL and parts[1] != room:
            ground = LEVEL[room] == len(LAYERS) - 1 and LEVEL[parts[1]] == len(LAYERS) - 1
            assert LEVEL[parts[1]] > LEVEL[room] or ground, f"{room} imports {name}"
        assert room in ONLY.get(parts[0], {room}), f"{room} imports {name}"


@pytest.mark.parametrize("file", FHIR_FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_room_of_fhir_imports_only_rooms_below_it(file: Path):
    room = file.relative_to(PACKAGE / "fhir").parts[0].removesuffix(".py")
    for name in imports(file):
        parts = name.split(".")
        if parts[:2] == ["sandbox", "fhir"] and len(parts) > 2 and parts[2] != room:
            assert FHIR_LEVEL[parts[2]] > FHIR_LEVEL[room], f"fhir/{room} imports {name}"


def test_every_room_has_a_place_in_the_table():
    assert {room_of(file) for file in FILES} == set(LEVEL)


def test_the_table_in_the_docs_is_this_one():
    page = (PACKAGE.parent / "docs/architecture.md").read_text(encoding="utf-8")
    table = page.split("## Imports between rooms")[1].split("```")[1].removeprefix("text\n")
    documented = [set(line.split()) for line in table.strip().splitlines()]
    assert documented == list(LAYERS[1:])
