"""Changes that the file could not take, one after the other: each leaves the store as it was."""

from __future__ import annotations

from dataclasses import replace

from sandbox.model import Team
from sandbox.store import Store
from sandbox.store.durable.changes import StoreChanges
from sandbox.store.durable.states import StateNumbers

TEAM = Team(id="t", legacy_id=1, organisation="o", name="Renal", alias="renal")


def followed() -> tuple[Store, StoreChanges]:
    store, numbers = Store(), StateNumbers()
    changes = store.changes = StoreChanges(numbers.new(None), numbers, lambda: None)
    return store, changes


def test_what_was_added_and_deleted_does_not_come_back_with_a_later_failure():
    store, changes = followed()
    store.put(TEAM)
    _, added = changes.take()
    store.delete(TEAM)
    _, deleted = changes.take()
    changes.take_back(store, deleted)
    changes.take_back(store, added)
    assert list(store.all(Team)) == []
    store.put(replace(TEAM, id="other", alias="other"))
    _, later = changes.take()
    changes.take_back(store, later)
    assert list(store.all(Team)) == []


def test_what_was_deleted_comes_back():
    store, changes = followed()
    store.put(TEAM)
    changes.take()
    store.delete(TEAM)
    _, deleted = changes.take()
    changes.take_back(store, deleted)
    assert list(store.all(Team)) == [TEAM]
    store.put(replace(TEAM, name="Liver"))
    _, changed = changes.take()
    changes.take_back(store, changed)
    assert list(store.all(Team)) == [TEAM]
