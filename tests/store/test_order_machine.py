"""The indexes of resources say what a plain dict would say, in order, through snapshots and transactions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from sandbox.errors import NotFound
from sandbox.model import Resource
from sandbox.store import Snapshot, Store

AT = datetime(2026, 1, 1, tzinfo=UTC)
IDS = st.sampled_from("abcd")
Model = dict[str, tuple[int, ...]]
"""Id → the places of a resource; a deleted one has none."""


class Placed(NamedTuple):
    place: int

    def keys(self) -> Iterable[int]:
        return (self.place,)

    def sort_keys(self) -> Iterable[tuple[str, Any]]:
        return (("", self.place),)


def resource(id_: str, places: tuple[int, ...] | None) -> Resource:
    return Resource(
        endpoint="e",
        type="T",
        logical_id=id_,
        version=1,
        created_at=AT,
        updated_at=AT,
        method="PUT",
        text="" if places is None else "{}",
        values={"p": tuple(Placed(place) for place in places)} if places else {},
    )


class OrderMachine(RuleBasedStateMachine):
    """A store of resources and a dict, side by side."""

    snapshots = Bundle("snapshots")

    @initialize()
    def begin(self) -> None:
        self.store = Store()
        self.model: Model = {}

    @rule(id_=IDS, places=st.lists(st.integers(0, 4), max_size=3, unique=True))
    def put(self, id_: str, places: list[int]) -> None:
        self.store.put(resource(id_, tuple(places)))
        self.model[id_] = tuple(places)

    @rule(id_=IDS)
    def delete_as_a_version(self, id_: str) -> None:
        self.store.put(resource(id_, None))
        self.model.pop(id_, None)

    @rule(id_=IDS)
    def drop(self, id_: str) -> None:
        self.store.delete(resource(id_, None))
        self.model.pop(id_, None)

    @rule(id_=IDS, place=st.integers(0, 4))
    def change_and_take_back(self, id_: str, place: int) -> None:
        try:
            with self.store.transaction():
                self.store.put(resource(id_, (place,)))
                raise NotFound("taken back")
        except NotFound:
            pass

    @rule(target=snapshots)
    def snapshot(self) -> tuple[Snapshot, Model]:
        return self.store.snapshot(), dict(self.model)

    @rule(saved=snapshots)
    def restore(self, saved: tuple[Snapshot, Model]) -> None:
        self.store.restore(saved[0])
        self.model = dict(saved[1])

    @invariant()
    def the_same_answers(self) -> None:
        if not hasattr(self, "store"):
            return
        assert set(self.store.ids(Resource, "type", ("e", "T"))) == {f"e/T/{id_}" for id_ in self.model}
        pairs = sorted((place, f"e/T/{id_}") for id_, places in self.model.items() for place in places)
        for low, high in ((None, None), (1, 3), (2, 2), (None, 1), (3, None), (3, 1)):
            expected = [
                id_ for place, id_ in pairs if (low is None or place >= low) and (high is None or place <= high)
            ]
            rows = self.store.between(Resource, "place", ("e", "T", "p", ""), low, high)
            assert list(rows) == expected
            assert list(reversed(rows)) == expected[::-1]
            assert len(rows) == len(expected)
        for place in range(5):
            carriers = set(self.store.ids(Resource, "value", ("e", "T", "p", place)))
            assert carriers == {f"e/T/{id_}" for id_, places in self.model.items() if place in places}


OrderMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestOrdersFollowEveryChange = OrderMachine.TestCase
