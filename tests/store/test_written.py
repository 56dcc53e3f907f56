"""Entities as JSON and back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.domain.worlds import loading
from sandbox.errors import Invalid
from sandbox.model import Patient
from sandbox.store import Store
from sandbox.store.schema import TABLES
from sandbox.store.written import parse_entity, render_entity
from sandbox.synthetic.people.history import history
from sandbox.synthetic.people.told import Home


def test_every_entity_of_the_default_world_comes_back_as_it_was():
    store = Store()
    loading.load_world(store, "default")
    for kind in TABLES:
        entities: list[Any] = list(store.all(kind))
        for entity in entities:
            assert parse_entity(json.loads(json.dumps(render_entity(entity)))) == entity


@pytest.mark.parametrize("number", range(12))
def test_every_entity_of_a_history_comes_back_as_it_was(number):
    for entity in history(8, number, home=Home(organisation="one", team="two", local_id_type="three")).entities():
        assert parse_entity(json.loads(json.dumps(render_entity(entity)))) == entity


def test_what_has_its_default_is_left_out():
    (patient,) = (entity for entity in history(8).entities() if isinstance(entity, Patient))
    row = render_entity(patient)
    assert row["entity"] == "Patient"
    assert "access_frozen" not in row


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ({}, "None"),
        ({"entity": "Dragon"}, "Dragon"),
        ({"entity": "Patient", "id": "p-1"}, "p-1"),
        ({"entity": "Patient", "id": "p-1", "wings": 2}, "wings"),
        ({"entity": "Measurement", "id": "m-1", "value": "much"}, "m-1"),
    ],
)
def test_an_invalid_row_is_named(row, named):
    with pytest.raises(Invalid, match=named):
        parse_entity(row)
