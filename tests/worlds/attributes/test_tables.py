"""The tables of attributes name every attribute of the model once, or say why they do not."""

from __future__ import annotations

import pytest

from sandbox.hl7.profiles import common, profiles
from sandbox.hl7.roadmap import roadmap
from sandbox.store.schema import TABLES
from sandbox.worlds.attributes.table import AttributeTable, internal_entities, tables
from tests.worlds.attributes.model_paths import paths

KINDS = list(tables().values())


def test_every_entity_has_a_table_or_a_reason_to_have_none():
    with_table = {table.entity.__name__ for table in KINDS}
    assert with_table.isdisjoint(internal_entities())
    assert with_table | set(internal_entities()) == {entity.__name__ for entity in TABLES}


@pytest.mark.parametrize("table", KINDS, ids=lambda table: table.name)
def test_every_attribute_is_in_the_table_or_has_a_reason_not_to_be(table: AttributeTable):
    assert set(table.attributes).isdisjoint(table.internal)
    assert sorted((*table.attributes, *table.internal)) == sorted(paths(table))
    assert all(table.internal.values())


@pytest.mark.parametrize("table", KINDS, ids=lambda table: table.name)
def test_the_words_are_about_attributes_of_the_table(table: AttributeTable):
    beginnings = {".".join(path.split(".")[:length]) for path in table.attributes for length in (1, 2, 3)}
    named = [*table.title, *table.called, *table.groups, table.patient]
    named += [path for row in table.words for path in (row.of, *row.also)]
    named += [path for row in table.attributes.values() for path in (row.unit, row.before)]
    assert {path for path in named if path} <= beginnings | set(table.internal)


@pytest.mark.parametrize("table", KINDS, ids=lambda table: table.name)
def test_every_hl7_field_exists_in_the_messages(table: AttributeTable):
    rows = [(profile.name, row) for profile in profiles().values() for row in (*common(), *profile.fields)]
    rows += [(message, row) for planned in roadmap().values() for message in planned.messages for row in planned.fields]
    for attribute in table.attributes.values():
        for field in attribute.hl7:
            segment, _, place = field.field.partition("-")
            number = int(place.partition(".")[0])
            fitting = [row for name, row in rows if field.is_in(name) and row.segment == segment]
            named = [row for row in fitting if row.field == number or f"{segment}-{number}" in row.rule]
            assert named, f"{attribute.path}: {field}"
