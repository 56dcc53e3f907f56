"""Changes that wait for a read are sorted in by parts, in steps, and once for everybody who shares them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from sandbox.fhir.search.date import Span
from sandbox.fhir.search.string import Text
from sandbox.fhir.search.token import SearchToken
from sandbox.model import Resource
from sandbox.store import Store, waiting
from tests.store.test_order_machine import OrderMachine
from tests.store.test_world_file_machine import WorldFileMachine

AT = datetime(2026, 1, 1, tzinfo=UTC)
PART = ("e", "T")


class CountedValues(dict[str, tuple[Any, ...]]):
    """Values of a resource, which count how often an index reads them."""

    reads = 0

    def items(self) -> Any:
        CountedValues.reads += 1
        return super().items()


@pytest.fixture(autouse=True)
def _nothing_read() -> None:
    CountedValues.reads = 0


@pytest.fixture
def every_share_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "FEW", -1)


def resource(id_: str, type_: str = "T", code: str = "a", start: int = 1) -> Resource:
    values = CountedValues(code=(SearchToken("", code),), date=(Span(start, start),), name=(Text(code, code),))
    times = {"created_at": AT, "updated_at": AT}
    return Resource(
        endpoint="e", type=type_, logical_id=id_, version=1, method="PUT", text="{}", values=values, **times
    )


def filled(*resources: Resource) -> Store:
    store = Store()
    for entity in resources:
        store.put(entity)
    return store


def coded(store: Store, code: str, type_: str = "T") -> list[str]:
    return list(store.ids(Resource, "value", ("e", type_, "code", code)))


def in_order(store: Store) -> list[str]:
    return list(store.between(Resource, "place", ("e", "T", "date", "low"), None, None))


def test_only_the_part_of_the_key_is_sorted_in():
    store = filled(*(resource(str(number), "T") for number in range(3)), *(resource(str(n), "U") for n in range(5)))
    assert coded(store, "a") == ["e/T/0", "e/T/1", "e/T/2"]
    assert CountedValues.reads == 3
    assert coded(store, "a", "U") == [f"e/U/{number}" for number in range(5)]
    assert CountedValues.reads == 8


def test_a_part_is_sorted_in_step_by_step():
    store = filled(*(resource(str(number), start=9 - number) for number in range(5)), resource("x", "U"))
    steps = 0
    while store.sort_in(Resource, PART, 2):
        steps += 1
    assert steps > 2
    reads = CountedValues.reads
    assert coded(store, "a") == [f"e/T/{number}" for number in range(5)]
    assert in_order(store) == [f"e/T/{number}" for number in (4, 3, 2, 1, 0)]
    assert CountedValues.reads == reads, "nothing was left to sort in"


@pytest.mark.usefixtures("every_share_waits")
def test_whoever_reads_a_shared_state_first_sorts_it_in_for_all():
    store = filled(*(resource(str(number)) for number in range(4)))
    snapshot = store.snapshot()
    assert CountedValues.reads == 0
    others = [Store(), Store()]
    for other in others:
        other.restore(snapshot)
        other.put(resource("new", start=0))
    assert [coded(other, "a")[-1] for other in others] == ["e/T/new", "e/T/new"]
    assert CountedValues.reads == 4 + 2
    assert not others[0].sort_in(Resource, PART, 1000)
    assert [in_order(other)[0] for other in others] == ["e/T/new", "e/T/new"]
    assert len(coded(store, "a")) == 4
    assert in_order(store) == [f"e/T/{number}" for number in range(4)]


@pytest.mark.usefixtures("every_share_waits")
def test_a_shared_part_is_sorted_in_step_by_step_too():
    store = filled(*(resource(str(number)) for number in range(6)))
    other = Store()
    other.restore(store.snapshot())
    other.put(resource("new"))
    steps = 0
    while other.sort_in(Resource, PART, 2):
        steps += 1
    assert steps > 3
    assert len(coded(other, "a")) == 7


@pytest.mark.usefixtures("every_share_waits")
def test_all_parts_of_a_state_and_of_what_it_shares_are_settled_step_by_step():
    store = filled(*(resource(str(number), start=9 - number) for number in range(6)), resource("x", "U"))
    other = Store()
    other.restore(store.snapshot())
    other.put(resource("new", start=0))
    steps = 0
    while other.settle(Resource, 2):
        steps += 1
    assert steps > 3
    reads = CountedValues.reads
    assert coded(other, "a") == [*(f"e/T/{number}" for number in range(6)), "e/T/new"]
    assert coded(other, "a", "U") == ["e/U/x"]
    assert in_order(other) == ["e/T/new", *(f"e/T/{number}" for number in (5, 4, 3, 2, 1, 0))]
    assert CountedValues.reads == reads, "nothing was left to sort in"


def test_the_kinds_of_a_store_are_those_of_its_tables_in_use():
    assert Store().kinds() == ()
    assert filled(resource("1")).kinds() == (Resource,)


def test_a_change_of_a_waiting_entity_is_sorted_in_once():
    store = filled(resource("1", start=1), resource("2", start=2))
    store.put(resource("1", start=3))
    assert coded(store, "a") == ["e/T/1", "e/T/2"]
    assert in_order(store) == ["e/T/2", "e/T/1"]


def test_an_entity_that_gains_a_key_stands_behind_those_that_had_it_before():
    store = filled(resource("1", code="b"), resource("2"))
    store.put(resource("1"))
    assert coded(store, "a") == ["e/T/2", "e/T/1"]
    assert coded(store, "b") == []


def test_an_entity_that_comes_and_goes_unread_leaves_nothing():
    store = filled(resource("1"))
    store.delete(store.get(Resource, "e/T/1"))
    assert (coded(store, "a"), in_order(store)) == ([], [])


@pytest.mark.usefixtures("every_share_waits")
def test_a_shared_state_can_be_listed():
    store = filled(resource("1"), resource("2", code="b"))
    _, indexes = store.snapshot()["resources"]
    assert len(indexes["value"]) >= 2
    assert ("e", "T", "code", "a") in indexes["value"]
    assert indexes["value"]["e", "T", "code", "b"] == "e/T/2"
    assert indexes["value"].get(("e", "T", "code", "c")) is None
    with pytest.raises(KeyError):
        indexes["value"]["e", "T", "code", "c"]
    assert list(indexes["type"]) == [("e", "T")]
    assert list(indexes["place"]) != []


@pytest.mark.usefixtures("every_share_waits")
@pytest.mark.parametrize("machine", [OrderMachine, WorldFileMachine])
def test_shared_states_that_wait_answer_as_others_do(machine: type[RuleBasedStateMachine]):
    run_state_machine_as_test(machine, settings=settings(max_examples=20, stateful_step_count=30, deadline=None))
