"""The fidelity ledger: every behaviour with a standing and a source, and every rule that the code names in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from sandbox import facts
from sandbox.base import datafiles
from sandbox.facts import STANDINGS, ledger, weakest

SOURCE = Path(facts.__file__).parent
LEFT_TO_OTHERS = ("hl7", "domain")
"""Rooms whose rules are checked by their own tests."""


def named_rules() -> dict[str, str]:
    """Rule → a file that names it, in everything but those rooms."""
    places = {}
    for file in sorted(SOURCE.rglob("*.py")):
        if file.relative_to(SOURCE).parts[0] not in LEFT_TO_OTHERS:
            for rule in re.findall(r'(?:rule=|rule: str = |_refusal\(.*, )"([a-z0-9]+\.[a-z0-9-]+)"', file.read_text()):
                places[rule] = file.name
    return places


def test_the_ledger_has_the_facts_of_every_room():
    rooms = {
        fact.where.split("/")[1] if fact.where.startswith("sandbox/") else "statement" for fact in ledger().values()
    }
    assert rooms >= {"access", "domain", "hl7", "oauth", "fhir", "statement"}


@pytest.mark.parametrize("fact", ledger().values(), ids=ledger())
def test_a_fact_says_what_it_is_how_sure_and_who_says_so(fact: facts.Fact):
    assert fact.standing in STANDINGS
    assert fact.text
    assert fact.source
    if fact.standing == "documented":
        assert fact.source.startswith("http")


def test_every_cell_is_a_fact():
    assert sum(id_.startswith("matrix/") for id_ in ledger()) == 72


def test_the_code_names_rules():
    assert len(named_rules()) > 20


@pytest.mark.parametrize("rule", named_rules())
def test_a_rule_that_the_code_names_is_in_the_ledger(rule: str):
    assert rule in ledger(), named_rules()[rule]


@pytest.mark.parametrize(
    ("standings", "expected"),
    [
        ((), "documented"),
        (("documented",), "documented"),
        (("documented", "inferred"), "inferred"),
        (("choice", "documented", "inferred"), "choice"),
        (("", "inferred", ""), "inferred"),
    ],
)
def test_an_answer_is_as_well_founded_as_its_weakest_part(standings: tuple[str, ...], expected: str):
    assert weakest(*standings) == expected


def facts_of(table: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(fact.id, fact.text, fact.source) for fact in facts._facts_in(table, "file", "", "where", {})]


def test_a_fact_is_a_table_with_standing_and_source():
    table = {"standing": "choice", "source": "a", "text": "T"}
    assert facts_of({"x": table}) == [("file/x", "T", "a")]
    assert facts_of({"x": {"standing": "choice"}}) == []
    assert facts_of({"x": {"source": "a"}}) == []


def test_a_source_is_inherited_from_the_table_around():
    assert facts_of({"source": "a", "x": {"standing": "choice", "reason": "R"}}) == [("file/x", "R", "a")]
    assert facts_of({"source": "a", "x": {"source": "b", "y": {"standing": "choice"}}}) == [("file/x.y", "x.y", "b")]


def test_a_row_of_a_list_is_named_by_its_name_or_number():
    rows = [{"standing": "choice", "source": "a"}, {"standing": "choice", "source": "a", "name": "n"}]
    assert [id_ for id_, _, _ in facts_of({"row": rows})] == ["file/row.1", "file/row.n"]
    assert facts_of({"row": [{"id": "own.id", "standing": "choice", "source": "a"}]})[0][0] == "own.id"


def values_of(table: Any) -> dict[str, Any]:
    """Fact → value, from a whole file."""
    if isinstance(table, list):
        return {id_: value for row in table for id_, value in values_of(row).items()}
    if not isinstance(table, dict):
        return {}
    own = {table["id"]: table["value"]} if {"id", "value", "standing"} <= table.keys() else {}
    return own | {id_: value for row in table.values() for id_, value in values_of(row).items()}


def test_a_value_is_read_out_of_its_paragraph_as_out_of_the_whole_file():
    whole = {id_: value for file in facts._files() for id_, value in values_of(datafiles.read_toml(file)).items()}
    assert len(whole) > 30
    assert whole == {id_: facts.value(id_) for id_ in facts._values()}


@pytest.mark.parametrize("id_", facts._values())
def test_the_code_reads_a_value_once_from_the_ledger(id_: str):
    assert id_ in ledger()
    sources = [file.read_text() for file in SOURCE.rglob("*.py")]
    assert any(f'facts.value("{id_}")' in source for source in sources)


def test_a_fact_without_a_value_has_none_to_give():
    with pytest.raises(KeyError):
        facts.value("oauth.rotation")
