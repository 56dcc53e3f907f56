"""The states of a data file as snapshots, each read once and shared as it was in memory."""

from __future__ import annotations

from sandbox.store.durable.data_file import DataFile
from sandbox.store.durable.states import FileState
from sandbox.store.store import Store, StoredState
from sandbox.store.tables_by_kind import EMPTY, Snapshot


class StoredStates:
    """Reads states. Raises Unusable for a damaged one."""

    def __init__(self, file: DataFile) -> None:
        self._file = file
        self._snapshots: dict[FileState, Snapshot] = {}

    def snapshot(self, state: FileState | None) -> Snapshot:
        """Return a state that stays as it is."""
        if state is None:
            return EMPTY
        missing = []
        below: FileState | None = state
        while below is not None and below not in self._snapshots:
            missing.append(below)
            below = below.base
        # From the lowest up, in a loop: a long chain of states would exceed the limit of recursion.
        for each in reversed(missing):
            self._snapshots[each] = self._read(each)
        return self._snapshots[state]

    def _read(self, state: FileState) -> Snapshot:
        copy = self._file.copy
        if copy is not None and copy.state is state:
            return copy.snapshot
        store = Store()
        store.resume(self.stored(state))
        snapshot = store.snapshot()
        snapshot.state = state
        return snapshot

    def stored(self, state: FileState) -> StoredState:
        """Return a state that a store goes on in, so that it is not shared."""
        return StoredState(self.snapshot(state.base), self._file.rows(state))
