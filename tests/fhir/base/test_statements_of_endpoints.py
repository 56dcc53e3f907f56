"""Which endpoints a dropped-in statement is for: one by name, or every Customer endpoint of a release."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox import model
from sandbox.errors import Invalid
from sandbox.fhir.base.given_statements import check_endpoints, offered, populated, statements_by_endpoint

Json = dict[str, Any]
ENDPOINTS = [
    model.Endpoint(name="north-r4", release="r4"),
    model.Endpoint(name="east-r4", release="r4"),
    model.Endpoint(name="north-stu3", release="stu3"),
]
NAMES: dict[str, tuple[list[str], list[str]]] = {
    "nothing": ([], []),
    "a mounted endpoint": (["facade"], ["facade"]),
    "one by name": (["north-r4"], ["north-r4"]),
    "all of a release": (["customer-r4"], ["north-r4", "east-r4"]),
    "all of the other release": (["customer-stu3"], ["north-stu3"]),
    "several": (["messaging", "north-stu3", "east-r4"], ["messaging", "north-stu3", "east-r4"]),
}


def options_for(folder: Path, words: list[str]) -> tuple[str, ...]:
    """One statement for each endpoint, which offers Patients, and a type that tells the statements apart."""
    options = []
    for number, word in enumerate(words):
        types = ["Patient", ["Observation", "Condition", "Encounter"][number]]
        rest = {
            "mode": "server",
            "resource": [{"type": type_, "interaction": [{"code": "read"}]} for type_ in types],
        }
        version = "3.0.2" if "stu3" in word else "4.0.1"
        statement = {"resourceType": "CapabilityStatement", "fhirVersion": version, "rest": [rest]}
        file = folder / f"{number}.json"
        file.write_text(json.dumps(statement), encoding="utf-8")
        options.append(f"{word}={file}")
    return tuple(options)


@pytest.mark.parametrize("name", NAMES)
def test_a_statement_populates_the_endpoints_that_it_is_for(tmp_path: Path, name: str):
    words, names = NAMES[name]
    options = options_for(tmp_path, words)
    check_endpoints(options, ENDPOINTS)
    assert [endpoint for endpoint, _ in populated(options, ENDPOINTS)] == names
    assert [statement.endpoint for _, statement in populated(options, ENDPOINTS)] == (
        words * 2 if len(names) > 1 == len(words) else words
    )


def test_the_statement_of_an_endpoint_comes_before_that_of_its_release(tmp_path: Path):
    options = options_for(tmp_path, ["customer-r4", "north-r4"])
    north, east, stu3 = ({*offered(options, endpoint).types} for endpoint in ENDPOINTS)
    assert (north, east) == ({"Patient", "Condition"}, {"Patient", "Observation"})
    assert stu3 == {*offered((), ENDPOINTS[2]).types}
    assert len(stu3) > 50


@pytest.mark.parametrize("word", ["nowhere", "r4"])
def test_a_statement_for_no_endpoint_is_refused(tmp_path: Path, word: str):
    with pytest.raises(Invalid, match=f"{word}: no such endpoint; allowed: aggregated, customer-r4"):
        check_endpoints(options_for(tmp_path, [word]), ENDPOINTS)


@pytest.mark.parametrize(("word", "version", "is_right"), [("north-r4", "3.0.2", False), ("facade", "3.0.2", True),
                                                          ("facade", "4.0.1", True), ("north-stu3", "3.0.2", True),
                                                          ("customer-r4", "3.0.2", False)])  # fmt: skip
def test_a_statement_has_the_release_of_its_endpoint(tmp_path: Path, word: str, version: str, is_right: bool):
    (option,) = options_for(tmp_path, [word])
    file = Path(option.partition("=")[2])
    file.write_text(
        json.dumps({**json.loads(file.read_text(encoding="utf-8")), "fhirVersion": version}), encoding="utf-8"
    )
    assert statements_by_endpoint((option,))[word].release == ("stu3" if version.startswith("3") else "r4")
    if is_right:
        check_endpoints((option,), ENDPOINTS)
    else:
        with pytest.raises(Invalid, match="but the statement is stu3"):
            check_endpoints((option,), ENDPOINTS)
