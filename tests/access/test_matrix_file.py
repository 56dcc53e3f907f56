"""The matrix file holds the published selection table: every cell, legal values, and a source for each.

Source: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364093979
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from sandbox.access.matrix import ACTIONS, APIS, TYPES
from sandbox.base import datafiles
from sandbox.facts import STANDINGS
from sandbox.model.access import KINDS

FILE = datafiles.read_toml(datafiles.beside_code("access/matrix.toml"))

CELLS: dict[str, dict[str, Any]] = {
    f"{type_}.{api}.{action}": cell
    for type_, apis in FILE.items()
    for api, actions in apis.items()
    for action, cell in actions.items()
}

KINDS_OF_TYPE = {
    "customer": {"hl7-org", "customer-system-client"},
    "partner": {"hl7-partner", "system-client", "tethered-token-system-client"},
    "app": {"user-client"},
}
"""Which kinds of credential PKB issues to each integration type."""

PUBLISHED = """
customer hl7        allowed allowed denied  denied
customer rest       denied  denied  denied  denied
customer facade     denied  denied  denied  denied
customer messaging  denied  denied  denied  denied
customer customer   allowed allowed allowed denied
customer aggregated denied  allowed allowed allowed
partner  hl7        allowed allowed denied  denied
partner  rest       allowed allowed allowed allowed
partner  facade     denied  allowed allowed allowed
partner  messaging  allowed denied  denied  denied
partner  customer   pending pending pending pending
partner  aggregated denied  pending pending pending
app      hl7        denied  denied  denied  denied
app      rest       allowed allowed allowed allowed
app      facade     denied  allowed allowed allowed
app      messaging  denied  denied  denied  denied
app      customer   pending pending pending pending
app      aggregated denied  pending pending pending
"""
"""The table as published: type, API, and the decision for each action in the order of `ACTIONS`."""

each_cell = pytest.mark.parametrize("address", CELLS)


def test_every_type_api_and_action_has_a_cell_and_nothing_else_does():
    assert set(CELLS) == {f"{type_}.{api}.{action}" for type_ in TYPES for api in APIS for action in ACTIONS}
    assert len(CELLS) == 72


def test_decisions_are_those_of_the_published_table():
    published: dict[str, str] = {}
    for line in PUBLISHED.split("\n"):
        if line:
            type_, api, *decisions = line.split()
            published |= {f"{type_}.{api}.{action}": d for action, d in zip(ACTIONS, decisions, strict=True)}
    assert {address: cell["decision"] for address, cell in CELLS.items()} == published


def test_decisions_add_up():
    assert Counter(cell["decision"] for cell in CELLS.values()) == {"denied": 33, "allowed": 25, "pending": 14}


@each_cell
def test_a_cell_has_the_keys_of_a_cell(address):
    keys = {"decision", "standing", "source", "reason"}
    allowed = CELLS[address]["decision"] == "allowed"
    assert set(CELLS[address]) == keys | ({"credential"} if allowed else set())


@each_cell
def test_an_allowed_cell_names_a_credential_of_its_integration_type(address):
    cell = CELLS[address]
    if cell["decision"] == "allowed":
        assert cell["credential"] in KINDS
        assert cell["credential"] in KINDS_OF_TYPE[address.split(".")[0]]


@each_cell
def test_a_cell_is_documented_or_inferred_from_a_page(address):
    assert CELLS[address]["standing"] in STANDINGS
    assert CELLS[address]["standing"] != "choice"
    assert CELLS[address]["source"].startswith(("https://", "http://"))


@each_cell
def test_a_reason_is_one_sentence_without_a_full_stop(address):
    reason = CELLS[address]["reason"]
    assert reason[0].isupper()
    assert not reason.endswith(".")
    assert "\n" not in reason


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("api", APIS)
def test_one_kind_of_credential_opens_an_api_to_an_integration_type(type_, api):
    assert len({cell["credential"] for cell in FILE[type_][api].values() if "credential" in cell}) <= 1


def test_every_kind_of_credential_opens_something():
    assert {cell["credential"] for cell in CELLS.values() if "credential" in cell} == set(KINDS)
