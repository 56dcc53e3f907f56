"""The coverage page has a row for everything that is offered, and none that was written by hand."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from sandbox.fhir.base import capability
from sandbox.hl7.profiles import profiles
from sandbox.rest.catalogue import operations

PAGE = (Path(__file__).parents[1] / "docs/coverage.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("|")][2:]
STATEMENTS = {
    "Facade FHIR": "facade",
    "Messaging FHIR": "messaging",
    "Customer FHIR STU3": "customer_stu3",
    "Customer FHIR R4": "customer_r4",
    "Aggregated FHIR": "aggregated",
}


def test_every_message_and_rest_operation_has_its_row():
    by_api = Counter(row[0] for row in ROWS)
    assert set(by_api) == {"HL7 v2", "Custom REST", *STATEMENTS}
    assert (by_api["HL7 v2"], by_api["Custom REST"]) == (len(profiles()), len(operations()))


@pytest.mark.parametrize("api", STATEMENTS)
def test_every_interaction_of_a_statement_is_in_one_row(api: str):
    offered = capability.load(STATEMENTS[api])
    named = [row[1].rsplit(" ", 1) for row in ROWS if row[0] == api]
    types = {code: Counter[str]() for _, code in (pair for pair in named if len(pair) == 2)}
    for words, code in (pair for pair in named if len(pair) == 2):
        types[code].update(words.split(", "))
    for type_ in offered.types.values():
        for interaction in type_.interactions.values():
            rows = types[interaction.code]
            assert rows[type_.type] or rows["every type"] or rows["every other type"], (type_.type, interaction.code)
    for operation in offered.operations:
        assert [f"{operation.resource}/${operation.name}"] in named


def test_everything_is_built():
    assert [row for row in ROWS if row[-1] != "yes"] == []
