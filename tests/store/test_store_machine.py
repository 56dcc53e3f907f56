"""The store does what a plain dict would do, whatever is done to it in whatever order."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from sandbox.model import Patient
from sandbox.store import Snapshot, Store
from tests.store.test_store import patient

IDS = st.sampled_from("abcd")
NUMBERS = st.lists(st.sampled_from("123"), max_size=3)
Model = dict[str, Patient]


class StoreMachine(RuleBasedStateMachine):
    """A store and a dict, side by side."""

    snapshots = Bundle("snapshots")

    @initialize()
    def begin(self) -> None:
        self.store = Store()
        self.model: Model = {}
        self.open: Any = None
        self.before: Model = {}

    @rule(id_=IDS, numbers=NUMBERS, organisations=st.lists(st.sampled_from("xy"), unique=True))
    def put(self, id_: str, numbers: list[str], organisations: list[str]) -> None:
        entity = patient(id_, *numbers, organisations=tuple(organisations))
        self.store.put(entity)
        self.model[id_] = entity

    @rule(id_=IDS)
    def delete(self, id_: str) -> None:
        self.store.delete(patient(id_))
        self.model.pop(id_, None)

    @precondition(lambda self: self.open is None)
    @rule(target=snapshots)
    def snapshot(self) -> tuple[Snapshot, Model]:
        return self.store.snapshot(), dict(self.model)

    @precondition(lambda self: self.open is None)
    @rule(saved=snapshots)
    def restore(self, saved: tuple[Snapshot, Model]) -> None:
        self.store.restore(saved[0])
        self.model = dict(saved[1])

    @precondition(lambda self: self.open is None)
    @rule()
    def begin_transaction(self) -> None:
        self.open = self.store.transaction()
        self.open.__enter__()
        self.before = dict(self.model)

    @precondition(lambda self: self.open is not None)
    @rule()
    def commit(self) -> None:
        self.open.__exit__(None, None, None)
        self.open = None

    @precondition(lambda self: self.open is not None)
    @rule()
    def roll_back(self) -> None:
        error = ValueError("taken back")
        assert self.open.__exit__(ValueError, error, None) is not True
        self.open, self.model = None, self.before

    @invariant()
    def the_same_entities(self) -> None:
        if hasattr(self, "store"):
            assert {patient.id: patient for patient in self.store.all(Patient)} == self.model
            assert self.store.count(Patient) == len(self.model)
            rows: list[Any] = self.store.database.table("patients").all()
            assert {row.doc_id for row in rows} == set(self.model)

    @invariant()
    def the_same_answers_from_the_indexes(self) -> None:
        if hasattr(self, "store"):
            for number in "123":
                ids = [patient.id for patient in self.store.find(Patient, "identifier", ("NHS", number))]
                has = {id_ for id_, patient in self.model.items() if number in [i.value for i in patient.identifiers]}
                assert len(ids) == len(has)
                assert set(ids) == has
            for organisation in "xy":
                ids = [patient.id for patient in self.store.find(Patient, "organisation", organisation)]
                assert set(ids) == {id_ for id_, patient in self.model.items() if organisation in patient.organisations}


StoreMachine.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestStoreIsADict = StoreMachine.TestCase
