"""Results remembered for a store until a table that they depend on changes."""

from __future__ import annotations

import pytest

from sandbox.model import Organisation
from sandbox.store import Store, derived
from sandbox.store.derived import Derived


def test_a_result_is_remembered():
    store, squares = Store(), Derived[int](Organisation)
    assert squares.of(store, 3, lambda: 9) == 9
    assert squares.of(store, 3, lambda: 0) == 9


def test_the_number_of_remembered_results_is_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(derived, "MOST", 2)
    store, squares = Store(), Derived[int](Organisation)
    for number in range(5):
        assert squares.of(store, number, lambda: 0) == 0
        _, results = store.derived[squares]
        assert len(results) <= 2
