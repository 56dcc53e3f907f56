"""What changed in a store since its last commit, and how to take it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from sandbox.store.durable.states import FileChange, FileState, NewState, RowChange, StateNumbers, WriteRows
from sandbox.store.schema import TABLES

if TYPE_CHECKING:
    from sandbox.store.store import Store
    from sandbox.store.tables import EntityTable
    from sandbox.store.tables_by_kind import Snapshot

KIND_OF = {name: kind.__name__ for kind, (name, _) in TABLES.items()}
"""Name of a table → its kind of entity."""
RowKey = tuple["EntityTable", str]


class StateBefore(NamedTuple):
    """The state of a store before it was replaced; without a snapshot, its rows stayed and only the state changed."""

    state: FileState
    snapshot: Snapshot | None


Undo = list[dict[RowKey, tuple[Any, bool]] | StateBefore]
"""What to put back, newest last: entities before some changes, and whether they were placed; or a replaced state."""


class StoreChanges:
    """Follows one store. `state` is the state of the file that the next changes belong to.

    `on_change` is called with each change, so that its owner learns that there is something to commit.
    """

    def __init__(self, state: FileState, numbers: StateNumbers, on_change: Callable[[], None]) -> None:
        self.state = state
        self._numbers = numbers
        self._on_change = on_change
        self._before: dict[RowKey, Any] = {}
        self._placed: dict[RowKey, bool] = {}
        self._moved: dict[RowKey, Any] = {}
        """Rows that have another place since a change was taken back; they are written with the next change."""
        self._writes: list[FileChange] = []
        self._undo: Undo = []

    def __bool__(self) -> bool:
        return bool(self._placed or self._writes)

    def note(self, table: EntityTable, id_: str, before: Any) -> None:
        """Record that a row changed; `before` is None where it was added at the end of its table."""
        key = (table, id_)
        # The first value counts: one transaction of the file may contain several changes of a row.
        self._before.setdefault(key, before)
        if before is None:
            self._placed.pop(key, None)  # so that the order here is that of the table
            self._placed[key] = True
        else:
            self._placed.setdefault(key, False)
        self._on_change()

    def freeze(self, snapshot: Snapshot) -> None:
        """Let a snapshot of the store keep the present state; later changes belong to a new one."""
        self._seal()
        # Nothing was written since the state below was frozen, so that state serves again.
        if self.state.is_empty and self.state.base is not None:
            snapshot.state = self.state.base
            return
        snapshot.state = self.state
        self._undo.append(StateBefore(self.state, None))
        self._go_on_from(self.state)

    def replace(self, before: Snapshot, after: Snapshot) -> None:
        """Record that the store went back to a snapshot."""
        self._seal()
        self._undo.append(StateBefore(self.state, before))
        self._go_on_from(after.state)
        self._on_change()

    def _go_on_from(self, base: FileState | None) -> None:
        self.state = self._numbers.new(base)
        self._writes.append(NewState(self.state))

    def take(self) -> tuple[list[FileChange], Undo]:
        """Hand over the unwritten changes, with the steps that take them back if writing fails."""
        self._seal()
        pending = self._writes, self._undo
        self._writes, self._undo = [], []
        return pending

    def _seal(self) -> None:
        if self._moved:
            moved = {key: True for key in self._moved if not self._placed.get(key)}
            self._placed = moved | {key: placed for key, placed in self._placed.items() if key not in moved}
            self._before, self._moved = self._moved | self._before, {}
        rows = []
        for (table, id_), is_placed in self._placed.items():
            before, after = self._before[table, id_], table.entity(id_)
            # What a transaction rolled back is as it was before.
            if before is not after or (is_placed and after is not None):
                rows.append(RowChange(KIND_OF[table.name], id_, is_placed, after))
        if rows:
            self.state.is_empty = False
            self._writes.append(WriteRows(self.state, rows))
            self._undo.append({key: (self._before[key], is_placed) for key, is_placed in self._placed.items()})
        self._placed, self._before = {}, {}

    def take_back(self, store: Store, undo: Undo) -> None:
        """Put back what was there before some changes, which are no longer to be written."""
        moved_before = dict(self._moved)
        for part in reversed(undo):
            if isinstance(part, StateBefore):
                if part.snapshot is not None:
                    store.adopt(part.snapshot)
                    self._moved = dict(moved_before)
                self.state = part.state
            else:
                self._put_back(part)
        store.mark = object()
        store.restored += 1

    def _put_back(self, entities: dict[RowKey, tuple[Any, bool]]) -> None:
        for (table, id_), (before, was_placed) in reversed(entities.items()):
            if before is None or was_placed:
                table.drop(id_)
            if before is None:
                # It may have been put back a moment ago, when a later change was taken back.
                self._moved.pop((table, id_), None)
            if before is not None and table.put(id_, before) is None:
                # It stands at the end of its table now, and the file is to have it there too.
                self._moved.pop((table, id_), None)
                self._moved[table, id_] = before
