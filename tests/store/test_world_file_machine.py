"""A store over a world file answers as one in memory, whatever is done to both in whatever order."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, precondition, rule

from sandbox.fhir.search.date import Span
from sandbox.fhir.search.number import Amount
from sandbox.fhir.search.string import Text
from sandbox.fhir.search.token import SearchToken
from sandbox.model import DueWork, Patient, Resource
from sandbox.store import Snapshot, Store
from sandbox.store.states import State
from sandbox.store.world_file.opening import open_world_file
from sandbox.store.world_file.writing import WorldFileWriter
from tests.store.test_store import patient

AT = datetime(2026, 1, 1, tzinfo=UTC)
PATIENT = {"endpoint": "e", "type": "Patient"}
IDS = st.sampled_from("abcd")
NUMBERS = st.sampled_from("123")
WORDS = st.sampled_from(["", "a", "ab", "b", "Zoë", "\U0001f600"])
DECIMALS = st.sampled_from(
    [Decimal(text) for text in ("-Infinity", "-12", "-1.2", "0", "0.10", "1.1", "12", "Infinity")]
)
DAYS = st.integers(-2, 2)
VALUES = st.one_of(
    st.builds(SearchToken, st.sampled_from(["", "s"]), WORDS),
    st.builds(Text, WORDS, WORDS),
    st.builds(Amount, DECIMALS, DECIMALS),
    st.builds(Span, st.sampled_from([-1, 0, 255, 256, 10**20]), st.sampled_from([-300, 7, 10**20])),
)
ORDERS: dict[tuple[str, str], tuple[Any, ...]] = {
    ("text", ""): ("a", "b"),
    ("amount", "low"): (Decimal("-1.2"), Decimal("1.10")),
    ("amount", "high"): (Decimal("0.1"), Decimal("Infinity")),
    ("span", "low"): (0, 256),
    ("span", "high"): (-300, 8),
}
"""Parameter and ordering → two sort keys."""
NAMES: dict[type, str] = {SearchToken: "token", Text: "text", Amount: "amount", Span: "span"}
Pair = tuple[Store, Store]


def resource(id_: str, values: Iterable[Any]) -> Resource:
    by_name: dict[str, tuple[Any, ...]] = {}
    for value in dict.fromkeys(values):
        by_name[NAMES[type(value)]] = (*by_name.get(NAMES[type(value)], ()), value)
    times = {"created_at": AT, "updated_at": AT}
    return Resource(endpoint="e", type="T", logical_id=id_, version=1, method="PUT", text="{}", values=by_name, **times)


def answers(store: Store) -> list[Any]:
    """Everything that the interface says about a store."""
    kinds = (Patient, Resource, DueWork)
    return [
        [list(store.all(kind)) for kind in kinds],
        [store.count(kind) for kind in kinds],
        [list(store.rows()[table]) for table in ("patients", "resources", "due_work")],
        [store.find_one(Patient, id_) for id_ in "abcde"],
        [store.find(Patient, "identifier", ("NHS", number)) for number in "123"],
        [list(store.ids(Patient, "organisation", name)) for name in "xyz"],
        [len(store.ids(Patient, "organisation", name)) for name in "xyz"],
        [list(store.latest(Patient, "organisation", name)) for name in "xyz"],
        [[id_ in store.ids(Patient, "organisation", name) for id_ in "abcde"] for name in "xyz"],
        [list(store.ids(Resource, "value", ("e", "T", "token", key))) for key in ("a", "ab", ("s",), "q")],
        [list(store.latest(Resource, "type", ("e", "T")))],
        [_ordered(store, order, limits) for order, limits in ORDERS.items()],
        store.lowest(DueWork, "at", "at"),
        list(store.between(DueWork, "at", "at", None, AT)),
    ]


def _ordered(store: Store, order: tuple[str, str], limits: tuple[Any, ...]) -> list[Any]:
    low, high = limits
    name = ("e", "T", *order)
    ranges = [
        store.between(Resource, "place", name, *pair) for pair in ((None, None), (low, None), (None, high), limits)
    ]
    return [(list(part), list(reversed(part)), len(part), "e/T/a" in part) for part in ranges]


class WorldFileMachine(RuleBasedStateMachine):
    """A store over a file and one in memory, side by side. The file is written to and read from again now and then."""

    snapshots = Bundle("snapshots")

    @initialize()
    def begin(self) -> None:
        self.folder = TemporaryDirectory()
        self.writer = WorldFileWriter(Path(self.folder.name, "world.sqlite")).__enter__()
        self.paged, self.plain = Store(), Store()
        self.stores = (self.paged, self.plain)
        self.open: list[Any] = []
        self.age = 0

    def teardown(self) -> None:
        if hasattr(self, "writer"):
            for transaction in self.open:
                transaction.__exit__(None, None, None)
            self.writer.__exit__(None, None, None)
            self.folder.cleanup()

    def put(self, entity: Any) -> None:
        for store in self.stores:
            store.put(entity)

    @rule(id_=IDS, numbers=st.lists(NUMBERS, max_size=3), organisations=st.lists(st.sampled_from("xy"), unique=True))
    def put_patient(self, id_: str, numbers: list[str], organisations: list[str]) -> None:
        self.put(patient(id_, *numbers, organisations=tuple(organisations)))

    @rule(id_=IDS, values=st.lists(VALUES, max_size=4))
    def put_resource(self, id_: str, values: list[Any]) -> None:
        self.put(resource(id_, values))

    @rule(id_=IDS, days=DAYS)
    def put_work(self, id_: str, days: int) -> None:
        self.put(DueWork(id=id_, at=AT + timedelta(days), kind="k", subject=id_))

    @rule(id_=IDS, kind=st.sampled_from([Patient, Resource, DueWork]))
    def delete(self, id_: str, kind: type) -> None:
        id_ = f"e/T/{id_}" if kind is Resource else id_
        for store in self.stores:
            entity: Any = store.find_one(kind, id_)
            if entity is not None:
                store.delete(entity)

    @precondition(lambda self: not self.open)
    @rule()
    def begin_transaction(self) -> None:
        self.open = [store.transaction() for store in self.stores]
        for transaction in self.open:
            transaction.__enter__()

    @precondition(lambda self: self.open)
    @rule(is_kept=st.booleans())
    def end_transaction(self, is_kept: bool) -> None:
        error = None if is_kept else ValueError("taken back")
        for transaction in self.open:
            assert not transaction.__exit__(error and ValueError, error, None)
        self.open = []

    @precondition(lambda self: not self.open)
    @rule(target=snapshots)
    def snapshot(self) -> tuple[int, Snapshot, Snapshot]:
        return self.age, self.paged.snapshot(), self.plain.snapshot()

    @precondition(lambda self: not self.open)
    @rule(saved=snapshots)
    def restore(self, saved: tuple[int, Snapshot, Snapshot]) -> None:
        if saved[0] == self.age:
            self.paged.restore(saved[1])
            self.plain.restore(saved[2])

    @precondition(lambda self: not self.open)
    @rule(saved=snapshots)
    def compare(self, saved: tuple[int, Snapshot, Snapshot]) -> None:
        if saved[0] == self.age:
            for kind in (Patient, Resource):
                changes = [
                    list(State.of_snapshot(snapshot).changes(State.of_store(store), kind))
                    for snapshot, store in zip(saved[1:], self.stores, strict=True)
                ]
                assert sorted(map(repr, changes[0])) == sorted(map(repr, changes[1]))

    @precondition(lambda self: not self.open)
    @rule(saved=consumes(snapshots))
    def write_to_the_file(self, saved: Any) -> None:
        """Snapshots of before are of a file that has changed: nobody uses them any more."""
        self.writer.attach(self.paged)
        self.age += 1

    @invariant()
    def the_same_answers(self) -> None:
        if hasattr(self, "paged"):
            assert answers(self.paged) == answers(self.plain)


WorldFileMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestAWorldFileIsAStore = WorldFileMachine.TestCase


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "world.sqlite"


def test_two_stores_over_one_file_do_not_see_each_others_changes(file: Path):
    store = Store()
    for number in range(1000):
        store.put(patient(f"p{number}", str(number % 3), organisations=("x",)))
    expected = answers(store)
    with WorldFileWriter(file) as writer:
        writer.attach(store)
        assert answers(store) == expected
        writer.finish({"name": "test"})
    world = open_world_file(file)
    stores = [Store(), Store()]
    for each in stores:
        each.restore(world.snapshot)
    stores[0].put(patient("a", "1", organisations=("x",)))
    stores[0].delete(patient("p0"))
    assert answers(stores[1]) == expected
    assert answers(stores[0]) != expected
    assert world.information == {"name": "test"}
    rows: list[Any] = stores[0].database.table("patients").all()
    assert {row.doc_id for row in rows} == {"a", *(f"p{number}" for number in range(1, 1000))}
