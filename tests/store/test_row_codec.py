"""Rows of a data file: every kind of entity comes back exactly, whatever its attributes are."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.base.clock import LocalDay
from sandbox.errors import Invalid
from sandbox.fhir.search.date import range_of
from sandbox.fhir.search.deferred import DeferredValues
from sandbox.model.resource import Resource, ResourceVersion, SearchValue
from sandbox.store.schema import TABLES
from sandbox.store.search_values import MODULES, parse_search_value, render_search_value
from sandbox.store.written import parse_row, render_row

ZONES = st.sampled_from([UTC, timezone(timedelta(hours=-3, minutes=-30)), timezone(-timedelta(minutes=1, seconds=15))])
DAYS = st.builds(
    LocalDay.of, st.dates(date(1800, 1, 2), date(2200, 1, 1)), ZONES, st.sampled_from(["day", "month", "year"])
)
FIRST_DAYS = DAYS.map(
    lambda at: LocalDay.of(
        at.date().replace(month=1 if at.precision == "year" else at.month, day=at.day if at.precision == "day" else 1),
        at.tzinfo or UTC,
        at.precision,
    )
)
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=3) | st.sampled_from([Decimal("1.10"), Decimal(7)])
SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=8) | st.sampled_from(["\x00", "\ud800", "Ł"]),
    int: st.integers(-(2**60), 2**60),
    float: st.floats(allow_nan=False),
    bool: st.booleans(),
    bytes: st.binary(max_size=8),
    date: st.dates(),
    datetime: st.datetimes(timezones=ZONES).map(lambda at: at.replace(fold=0)) | FIRST_DAYS,
    Decimal: DECIMALS,
}


def search_values(depth: int = 2) -> st.SearchStrategy[Any]:
    names = sorted(set(MODULES) - ({"Composed"} if not depth else set()))
    return st.sampled_from(names).flatmap(lambda name: of_class(name, depth))


def of_class(name: str, depth: int) -> st.SearchStrategy[Any]:
    kind = getattr(import_module(f"sandbox.fhir.search.{MODULES[name]}"), name)
    if name == "Composed":
        parts = st.lists(st.lists(search_values(0), min_size=1, max_size=2).map(tuple), min_size=1, max_size=2)
        return st.builds(kind, parts.map(tuple))
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{field: SIMPLE[hints[field]] for field in kind._fields})


def of_hint(hint: Any, depth: int) -> st.SearchStrategy[Any]:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return st.none() | of_hint(next(member for member in inner if member is not type(None)), depth)
    if origin is tuple:
        return st.lists(of_hint(inner[0], depth - 1), max_size=2).map(tuple) if depth > 0 else st.just(())
    if origin is not None and issubclass(origin, Mapping):
        return st.dictionaries(st.text(max_size=4), of_hint(inner[1], depth - 1), max_size=2)
    if hint is SearchValue:
        return search_values()
    return of_dataclass(hint, depth) if is_dataclass(hint) else SIMPLE[hint]


def of_dataclass(kind: Any, depth: int) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{field.name: of_hint(hints[field.name], depth) for field in fields(kind)})


@pytest.mark.parametrize("kind", TABLES, ids=lambda kind: kind.__name__)
def test_every_kind_of_entity_comes_back_exactly(kind):
    @settings(max_examples=10, deadline=None)
    @given(of_dataclass(kind, 2))
    def comes_back(entity):
        text = render_row(entity)
        again = parse_row(kind.__name__, text)
        # The representations too: 1.1 equals 1.10, and a day equals the time at which it begins.
        assert (again, repr(again), render_row(again)) == (entity, repr(entity), text)

    comes_back()


@pytest.mark.parametrize("name", MODULES)
def test_every_search_value_comes_back_exactly(name):
    @settings(max_examples=10, deadline=None)
    @given(of_class(name, 1))
    def comes_back(value):
        again = parse_search_value(render_search_value(value))
        assert (again, repr(again)) == (value, repr(value))

    comes_back()


def test_every_search_value_of_the_search_engine_is_in_the_table():
    engine = [import_module(f"sandbox.fhir.search.{module}") for module in sorted(set(MODULES.values()))]
    classes = {name: value for module in engine for name, value in vars(module).items() if isinstance(value, type)}
    kinds = {name for name, value in classes.items() if issubclass(value, tuple) and hasattr(value, "sort_keys")}
    assert kinds == set(MODULES)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"id":"p-1","wings":2}', '{"id":"p-1"}', "null"])
def test_a_row_that_is_no_entity_is_refused(text):
    with pytest.raises(Invalid, match="Patient"):
        parse_row("Patient", text)


def test_unknown_kinds_and_search_values_are_refused():
    with pytest.raises(Invalid, match="Dragon"):
        parse_row("Dragon", "{}")
    with pytest.raises(Invalid, match="Scale"):
        parse_search_value(["Scale", 1])
    with pytest.raises(KeyError, match="int"):
        render_search_value(7)


TEXT = '{"resourceType":"Patient","id":"p","gender":"female","name":[{"family":"Khatun"}]}'


def unread_resource(kind: type[Resource] = Resource) -> Resource:
    """A resource whose search values nobody has read yet."""
    at = datetime(2026, 3, 1, tzinfo=UTC)
    values = DeferredValues("r4", TEXT, {"_lastUpdated": (range_of("2026-03-01T00:00:00Z"),)})
    return kind(
        endpoint="northmoor",
        type="Patient",
        logical_id="p",
        version=1,
        created_at=at,
        updated_at=at,
        method="PUT",
        text=TEXT,
        values=values,
    )


def test_values_that_nobody_has_read_are_neither_extracted_to_be_written_nor_when_they_come_back():
    resource = unread_resource()
    row = render_row(resource)
    again = parse_row("Resource", row)
    assert resource.unread == again.unread == len(TEXT)
    assert len(row) < len(TEXT) + 300
    assert again == resource  # which reads the values of both
    assert set(again.values) > {"_lastUpdated", "family", "gender", "name"}
    assert parse_row("Resource", render_row(resource)) == resource, "values that were read are written"
    assert parse_row("Resource", render_row(resource)).unread == 0


def test_a_resource_and_its_version_share_their_text_when_they_come_back():
    texts: dict[str, str] = {}
    rows = [(kind.__name__, render_row(unread_resource(kind))) for kind in (Resource, ResourceVersion)]
    resource, version = (parse_row(name, row, texts) for name, row in rows)
    assert resource.text is version.text


def test_values_that_were_never_deferred_leave_nothing_to_read():
    assert replace(unread_resource(), values={}).unread == 0
