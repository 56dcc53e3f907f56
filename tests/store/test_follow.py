"""Followers of a store: they are told what is final, each entity once, and nothing that was taken back."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.model import OutboxItem, Partner
from sandbox.store import Store

FIRST = OutboxItem(
    id="1", at=datetime(2026, 1, 1, tzinfo=UTC), to="a", kind="letter", patient="p", organisation="o", text="one"
)
SECOND = replace(FIRST, text="two")
OTHER = replace(FIRST, id="2")


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def changes(store: Store) -> list[tuple[Any, Any]]:
    rows: list[tuple[Any, Any]] = []
    store.follow((OutboxItem,), lambda _, before, after: rows.append((before, after)))
    return rows


def test_a_change_outside_of_a_transaction_is_told_at_once(store: Store, changes: list[tuple[Any, Any]]):
    store.put(FIRST)
    store.put(SECOND)
    store.delete(SECOND)
    store.delete(SECOND)
    assert changes == [(None, FIRST), (FIRST, SECOND), (SECOND, None)]


def test_changes_of_a_transaction_are_told_at_its_end_each_entity_once(store: Store, changes: list[tuple[Any, Any]]):
    with store.transaction():
        store.put(FIRST)
        with store.transaction():
            store.put(OTHER)
            store.put(SECOND)
        assert changes == []
    assert sorted(changes, key=lambda change: change[1].id) == [(None, SECOND), (None, OTHER)]


def test_what_comes_and_goes_in_a_transaction_is_not_told(store: Store, changes: list[tuple[Any, Any]]):
    with store.transaction():
        store.put(FIRST)
        store.delete(FIRST)
    assert changes == []


def fail(store: Store) -> None:
    with suppress(KeyError), store.transaction():
        store.put(FIRST)
        raise KeyError


def test_what_is_taken_back_is_not_told(store: Store, changes: list[tuple[Any, Any]]):
    fail(store)
    store.rehearse(lambda: store.put(FIRST))
    with store.transaction():
        fail(store)
        store.put(OTHER)
    assert changes == [(None, OTHER)]


def test_what_is_restored_is_not_told(store: Store, changes: list[tuple[Any, Any]]):
    empty = store.snapshot()
    store.put(FIRST)
    store.restore(empty)
    assert changes == [(None, FIRST)]


def test_other_kinds_are_not_told(store: Store, changes: list[tuple[Any, Any]]):
    store.put(Partner(id="1", name="x"))
    with store.transaction():
        store.put(Partner(id="2", name="x"))
    assert changes == []
