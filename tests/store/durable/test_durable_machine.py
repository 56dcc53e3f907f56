"""A store on a data file answers as one in memory, whatever is done to it, also after it is opened again."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, rule

from sandbox.errors import NotStored
from sandbox.model import Patient
from sandbox.store import Snapshot, Store
from sandbox.store.durable.changes import StoreChanges
from sandbox.store.durable.data_file import DataFile
from sandbox.store.durable.states import CopyWorld, FileState, NewState, WriteItem
from sandbox.store.durable.stored_states import StoredStates
from sandbox.store.world_file.opening import WorldFile, open_world_file
from sandbox.store.world_file.writing import WorldFileWriter
from tests.store.test_store import patient

IDS = st.sampled_from("abcde")
NUMBERS = st.lists(st.sampled_from("123"), max_size=2)


class Durable:
    """A store on a file, with the frozen states that the file is to keep."""

    def __init__(self, path: Path, world_file: WorldFile | None = None) -> None:
        self.file = DataFile(str(path))
        self.store = Store()
        self.frozen: dict[int, Snapshot] = {}
        item = next((item for item in self.file.items() if item.part == "present"), None)
        if item is None or item.state is None:
            state = self.file.numbers.new(None)
            if world_file is None:
                self.file.write([NewState(state), WriteItem("", "present", "", {}, state)])
            else:
                state = self.begin_with(world_file, state)
        else:
            states, state = StoredStates(self.file), item.state
            self.store.resume(states.stored(state))
            for item in self.file.items():
                if item.part == "frozen":
                    self.frozen[int(item.key)] = states.snapshot(item.state)
        self.changes = self.store.changes = StoreChanges(state, self.file.numbers, lambda: None)
        self.unwritten: list[int] = []

    def begin_with(self, world_file: WorldFile, copied: FileState) -> FileState:
        world_file.snapshot.state = copied
        self.store.restore(world_file.snapshot)
        state = self.file.numbers.new(copied)
        with self.file.attached(world_file.path):
            item = WriteItem("", "present", "", {}, state)
            self.file.write([NewState(copied), CopyWorld(copied), NewState(state), item])
        return state

    def commit(self, *, fails: bool = False) -> None:
        changes, undo = self.changes.take()
        present = self.changes.state
        names, self.unwritten = self.unwritten, []
        items = [WriteItem("", "frozen", str(name), {}, self.frozen[name].state, is_placed=True) for name in names]
        last = WriteItem("", "present", "", {}, present)
        if fails:
            self.file._connection.execute("PRAGMA query_only = 1")
        try:
            self.file.write([*changes, *items, last])
        except NotStored:
            self.changes.take_back(self.store, undo)
            assert not self.changes  # reads go on, without another try
            for name in names:
                del self.frozen[name]
        finally:
            self.file._connection.execute("PRAGMA query_only = 0")


def content(store: Store) -> Any:
    return list(store.all(Patient))


def indexed(store: Store) -> Any:
    return {number: {entity.id for entity in store.find(Patient, "identifier", ("NHS", number))} for number in "123"}


def refused(store: Store, deleted: list[Patient], added: list[Patient]) -> None:
    with store.transaction():
        for entity in deleted:
            store.delete(entity)
        for entity in added:
            store.put(entity)
        raise ZeroDivisionError


class DurableMachine(RuleBasedStateMachine):
    """A store in memory and one on a file, side by side."""

    names = Bundle("names")

    @initialize(has_world_file=st.booleans())
    def begin(self, has_world_file: bool) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.memory = Store()
        world_file = None
        if has_world_file:
            with WorldFileWriter(self.folder / "world.sqlite") as writer:
                store = Store()
                for id_ in "abd":
                    self.memory.put(patient(id_, "1", id_))
                    store.put(patient(id_, "1", id_))
                writer.attach(store)
                writer.finish({})
            world_file = open_world_file(self.folder / "world.sqlite")
        self.durable = Durable(self.folder / "store.db", world_file)
        self.frozen: dict[int, Snapshot] = {}
        self.committed = self.memory.snapshot()
        self.numbers = 0

    @rule(id_=IDS, numbers=NUMBERS)
    def put(self, id_: str, numbers: list[str]) -> None:
        for store in (self.memory, self.durable.store):
            store.put(patient(id_, *numbers))

    @rule(id_=IDS)
    def delete(self, id_: str) -> None:
        for store in (self.memory, self.durable.store):
            store.delete(patient(id_))

    @rule(id_=IDS, other=IDS, numbers=NUMBERS)
    def roll_back(self, id_: str, other: str, numbers: list[str]) -> None:
        for store in (self.memory, self.durable.store):
            with pytest.raises(ZeroDivisionError):
                refused(store, [patient(other)], [patient(id_, *numbers)])

    @rule(target=names)
    def freeze(self) -> int:
        self.numbers += 1
        self.frozen[self.numbers] = self.memory.snapshot()
        self.durable.frozen[self.numbers] = self.durable.store.freeze()
        self.durable.unwritten.append(self.numbers)
        return self.numbers

    @rule(name=names)
    def restore(self, name: int) -> None:
        if name in self.durable.frozen:
            self.memory.restore(self.frozen[name])
            self.durable.store.restore(self.durable.frozen[name])

    @rule()
    def commit(self) -> None:
        self.durable.commit()
        self.committed = self.memory.snapshot()

    @rule()
    def fail(self) -> None:
        self.durable.commit(fails=True)
        self.memory.restore(self.committed)
        assert sorted(content(self.durable.store), key=repr) == sorted(content(self.memory), key=repr)
        assert indexed(self.durable.store) == indexed(self.memory)
        # What was deleted and put back stands at the end now, on the file too: the order is the store's own.
        self.memory = Store()
        for entity in content(self.durable.store):
            self.memory.put(entity)
        self.committed = self.memory.snapshot()

    @rule()
    def reopen(self) -> None:
        self.commit()
        self.durable.file.close()
        self.durable = Durable(self.folder / "store.db")
        assert content(self.durable.store) == content(self.memory)
        assert indexed(self.durable.store) == indexed(self.memory)
        for name, snapshot in self.durable.frozen.items():
            before, after = Store(), Store()
            before.restore(self.frozen[name])
            after.restore(snapshot)
            assert content(after) == content(before)

    @rule()
    def compact(self) -> None:
        self.reopen()
        self.durable.file.compact()
        self.durable.file.close()
        self.durable = Durable(self.folder / "store.db")
        assert content(self.durable.store) == content(self.memory)

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.reopen()
            self.durable.file.close()
            shutil.rmtree(self.folder)


DurableMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
TestDurableStoreIsAStore = DurableMachine.TestCase
