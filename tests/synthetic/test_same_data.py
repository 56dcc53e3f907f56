"""A seed gives the same data in every version: what a team wrote down about a person is still true after an update.

Whoever changes the data on purpose changes the digests here, and says so in the change log.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from sandbox.synthetic.fhir.record import of_every_type
from sandbox.synthetic.fhir.structure import resource_types
from sandbox.synthetic.folder import WorldPlan, write_world_folder
from sandbox.synthetic.people.chance import AS_OF
from sandbox.synthetic.people.history import history
from sandbox.synthetic.people.told import Home

HISTORIES = "8ea018a71eaff57f"
FOLDER = {
    "fhir": "23d4952bc913f061",
    "hl7": "5be455842b803f46",
    "people.ndjson": "73500f6c1f7e5bf8",
    "record.ndjson": "ce4de16a89ab8ef8",
}
RESOURCES = {"stu3": "8f8f3a07dedbcd29", "r4": "10a8e1a44725ec5b"}


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


def test_histories_are_the_same():
    homes = [Home(organisation="o", team="t" if n % 2 else "", local_id_type="l" if n % 3 else "") for n in range(40)]
    assert digest(repr([history(5, number, home=home) for number, home in enumerate(homes)])) == HISTORIES


def test_a_world_is_the_same(tmp_path: Path):
    write_world_folder(tmp_path, WorldPlan(patients=8, seed=5))
    texts = {str(file.relative_to(tmp_path)): file.read_text() for file in tmp_path.rglob("*") if file.is_file()}
    parts: dict[str, str] = {}
    for name in sorted(texts):
        part = name.partition("/")[0]
        parts[part] = parts.get(part, "") + name + texts[name]
    assert {part: digest(text) for part, text in parts.items() if part in FOLDER} == FOLDER


@pytest.mark.parametrize("release", ["stu3", "r4"])
def test_resources_are_the_same(release: str):
    types = sorted(resource_types(release))[::6]
    assert digest(json.dumps(list(of_every_type(release, types, 5, AS_OF)))) == RESOURCES[release]
