"""A layer over a dict is a dict: the same entries in the same order, whatever is done; its base never changes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.store import layered
from sandbox.store.layered import FEW, Layered, writable
from sandbox.store.orderings import LayeredOrdering, Ordering
from tests.store.test_order_machine import OrderMachine
from tests.store.test_store_machine import StoreMachine

KEYS = st.sampled_from("abcdefgh")
CHANGES = st.lists(st.tuples(st.sampled_from(["put", "remove", "copy"]), KEYS, st.integers(0, 9)), max_size=40)


@given(base=st.dictionaries(KEYS, st.integers(0, 9)), changes=CHANGES)
def test_a_layer_is_a_dict(base: dict[str, int], changes: list[tuple[str, str, int]]):
    untouched, expected = dict(base), dict(base)
    layer: Layered[str, int] = Layered(base)
    copies: list[tuple[Layered[str, int], dict[str, int]]] = []
    for change, key, value in changes:
        if change == "put":
            layer[key] = expected[key] = value
        elif change == "copy":
            copies.append((layer, dict(expected)))
            layer = layer.copy()
        elif key in expected:
            del layer[key], expected[key]
        else:
            with pytest.raises(KeyError):
                del layer[key]
        for mapping, values in (*copies, (layer, expected)):
            assert list(mapping.items()) == list(values.items())
            assert list(mapping.values()) == list(values.values())
            assert list(mapping) == list(values)
            assert len(mapping) == len(values)
        for letter in "abcdefgh":
            assert (letter in layer) == (letter in expected)
            assert layer.get(letter) == expected.get(letter)
            assert layer.get(letter, 77) == expected.get(letter, 77)
    assert base == untouched
    assert dict(layer) == expected
    assert layer.keys() - base.keys() == expected.keys() - base.keys()


def test_a_missing_key_has_no_entry():
    layer: Layered[str, int] = Layered({"a": 1})
    del layer["a"]
    for key in ("a", "b"):
        with pytest.raises(KeyError):
            layer[key]


def test_a_small_mapping_is_copied_and_a_large_one_is_laid_over():
    small = dict.fromkeys(range(FEW), 0)
    large = dict.fromkeys(range(FEW + 1), 0)
    assert writable(small) == small
    assert writable(small) is not small
    assert type(writable(small)) is dict
    layer: Any = writable(large)
    assert isinstance(layer, Layered)
    layer[0] = 1
    assert large[0] == 0


def test_a_layer_that_has_grown_is_copied_together_with_its_base():
    base = dict.fromkeys(range(1_000), 0)
    layer: Any = writable(base)
    for number in range(200):
        layer[number] = 1
    again: Any = writable(layer)
    assert isinstance(again, Layered)
    assert list(again.items()) == list(layer.items())
    for number in range(200, 300):
        layer[number] = 1
    assert type(writable(layer)) is dict
    assert writable(layer) == dict(layer)


def test_rows_may_be_replaced_while_they_are_read():
    layer: Layered[int, int] = Layered(dict.fromkeys(range(3), 0))
    layer[3] = 0
    for key in layer:
        layer[key] = 1
    assert list(layer.values()) == [1, 1, 1, 1]


@pytest.fixture
def layers_of_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layered, "FEW", 0)


@pytest.mark.usefixtures("layers_of_anything")
@pytest.mark.parametrize("machine", [StoreMachine, OrderMachine])
def test_a_store_in_layers_does_what_a_plain_dict_would_do(machine: type[Any]):
    machine.TestCase("runTest").runTest()


BOUNDS = (None, 0, 1, 2, 3, 4, 5)


@pytest.mark.parametrize("low", BOUNDS)
@pytest.mark.parametrize("high", BOUNDS)
def test_a_part_of_a_layered_ordering_has_as_many_pairs_as_it_lists(low: int | None, high: int | None):
    base = Ordering()
    for key in (1, 2, 3, 4):
        base.add((key, "a"))
        base.add((key, "b"))
    layer = LayeredOrdering(base)
    for key in (1, 3, 4):
        layer.discard((key, "a"))
    layer.add((2, "c"))
    pairs = [(1, "b"), (2, "a"), (2, "b"), (2, "c"), (3, "b"), (4, "b")]
    part = layer.between(low, high)
    expected = [pair for pair in pairs if (low is None or pair[0] >= low) and (high is None or pair[0] <= high)]
    assert list(part.pairs()) == expected
    assert len(part) == len(expected)
