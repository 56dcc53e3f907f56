"""A value of its own in every attribute of every kind is found at every place that the tables name, and at no other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.console.doors.places import is_said, shows
from sandbox.store.states import State
from sandbox.worlds.attributes.kinds import ENTITIES
from sandbox.worlds.attributes.table import table_of
from sandbox.worlds.difference.reading import AttributeReader
from tests.worlds.attributes.bench import Bench, change_by, left_by, started
from tests.worlds.attributes.doors import Doors
from tests.worlds.attributes.hl7_values import profile_of, says, stands_in
from tests.worlds.attributes.samples import DEACTIVATED, SAMPLES

DOORS = ("facade", "aggregated", "rest")


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    yield from started()


def is_found(doors: Doors, path: str, place: str, value: Any, values: list[Any]) -> bool:
    """Check whether an attribute's value, or an item of a list, is among the values at a place."""
    items = value if isinstance(value, tuple) else (value,)
    return any(shows(values, item, doors.others(item)) or is_said(path, place, item, values) for item in items)


SENT = [kind for kind in ENTITIES if kind != "resource"]
"""The kinds that have attributes of the model; a resource has those that its sender gives it: test_resources."""


@pytest.mark.parametrize("kind", SENT)
def test_each_attribute_is_found_at_each_place(bench: Bench, kind: str):
    table = table_of(kind)
    missing = {
        (attribute.path, door, place)
        for attribute in table.attributes.values()
        for door in DOORS
        for place in getattr(attribute, door)
    }
    for sample in (sample for sample in SAMPLES if sample.kind == kind):
        entity = left_by(bench.pkb, sample, table)
        doors = Doors(bench.pkb, bench.tokens, table, entity)
        reader = AttributeReader(table, State.of_store(bench.pkb.server.workspaces.default.store))
        for path, door, place in sorted(missing):
            values = reader.leaves(entity, table.attributes[path]).values()
            door_values = doors.values(door, place)
            for value in values:
                if is_found(doors, path, place, value, door_values):
                    missing.discard((path, door, place))
    assert not missing, "\n".join(map(str, sorted(missing)))


@pytest.mark.parametrize("kind", SENT)
def test_each_attribute_comes_from_each_hl7_field(bench: Bench, kind: str):
    table = table_of(kind)
    missing = {
        (attribute.path, messages, field.field)
        for attribute in table.attributes.values()
        for field in attribute.hl7
        for messages in field.messages or ("",)
    }
    for sample in (sample for sample in SAMPLES if sample.kind == kind and sample.message):
        before, entity = change_by(bench.pkb, sample, table)
        reader = AttributeReader(table, State.of_store(bench.pkb.server.workspaces.default.store))
        profile = profile_of(sample)
        for path, messages, field in sorted(missing):
            old, new = (reader.leaves(state, table.attributes[path]).values() for state in (before, entity))
            values = [*new, *(tuple(set(value) - {*next(iter(new), ())}) for value in old if path == "teams")]
            if profile.startswith(messages) and any(
                stands_in(sample.message, field, value, entity) for value in values
            ):
                missing.discard((path, messages, field))
    assert not missing, "\n".join(map(str, sorted(missing)))


def test_each_attribute_of_a_query_answer_is_in_its_field(bench: Bench):
    table = table_of("patient")
    missing = {attribute.path for attribute in table.attributes.values() if attribute.query}
    for sample in (SAMPLES[0], DEACTIVATED):
        entity = left_by(bench.pkb, sample, table)
        doors, reader = Doors(bench.pkb, bench.tokens, table, entity), AttributeReader(table, State({}))
        for path in sorted(missing):
            answers, values = doors.query(table.attributes[path].query), reader.leaves(entity, table.attributes[path])
            if any(says(text, value, entity) for text in answers for value in values.values()):
                missing.discard(path)
    assert missing == set()


def test_a_query_gives_no_other_demographics(bench: Bench):
    table = table_of("patient")
    doors = Doors(bench.pkb, bench.tokens, table, left_by(bench.pkb, SAMPLES[0], table))
    fields = {field.field.partition(".")[0] for row in table.attributes.values() for field in row.hl7 if not row.query}
    assert fields - {"PID-11", "ZTM-1", "ZTM-2"} == {"PID-8", "PID-13", "PID-14", "PID-15", "PID-29", "PID-30"}
    assert [text for field in sorted(fields - {"PID-11"}) for text in doors.query(field)] == []
    assert set(doors.query("PID-11")) >= {"^^^^YO21 9ZZ"}
    assert all(text.startswith("^^^^") for text in doors.query("PID-11"))
