"""Watchers: told of every change, as part of it."""

from __future__ import annotations

from typing import Any

from sandbox.model import Partner
from sandbox.store import Store

A, B = Partner(id="1", name="A"), Partner(id="1", name="B")


def test_a_watcher_is_told_of_puts_and_deletes() -> None:
    store, changes = Store(), list[tuple[Any, Any]]()

    def watcher(where: Store, before: Any, after: Any) -> None:
        assert where is store
        changes.append((before, after))

    store.put(A)
    for _ in range(2):
        store.watch([Partner], watcher)
    store.put(B)
    store.delete(B)
    store.delete(B)
    assert changes == [(A, B), (B, None)]


def test_what_a_watcher_writes_is_taken_back_with_the_change() -> None:
    store = Store()
    store.watch([Partner], lambda where, before, after: where.put(Partner(id="2", name="C")) if after is A else None)
    changes = store.rehearse(lambda: store.put(A))
    assert {after for _, after in changes} == {A, Partner(id="2", name="C")}
    assert store.count(Partner) == 0
