"""The store of one world: typed access to its tables, atomic changes, snapshots by reference."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Hashable, Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from tinydb import TinyDB

from sandbox.errors import NotFound
from sandbox.store.durable.changes import StoreChanges
from sandbox.store.durable.states import RowChange
from sandbox.store.orderings import Range
from sandbox.store.schema import KINDS, TABLES
from sandbox.store.tables import EntityTable, Rows, RowStorage
from sandbox.store.tables_by_kind import Snapshot, TablesByKind
from sandbox.store.transaction import Transaction, Undo
from sandbox.store.waiting import ANY

E = TypeVar("E")
Change = tuple[Any | None, Any | None]
"""An entity before and after a change; None before creation and after deletion."""

Watcher = Callable[["Store", Any | None, Any | None], None]
"""Called with the store and the entity before and after a change."""


class StoredState(NamedTuple):
    """A state of a data file: rows over those of the state below."""

    below: Snapshot
    rows: Iterable[RowChange]


class _TakenBack(Exception):
    """Ends a rehearsal: the store rolls its changes back."""


class Store:
    """The record of one world. Entities are frozen: a change stores a new value."""

    def __init__(self) -> None:
        self._storage = RowStorage()
        self._tables = TablesByKind(self._storage)
        self._undo: list[Undo] | None = None
        self._watchers: dict[type, list[Watcher]] = {}
        self._followers: dict[str, Watcher] = {}
        self.changes: StoreChanges | None = None
        """What is to be written to the data file, if there is one."""
        self.restored = 0
        """Number of rollbacks to a snapshot: cached results of an earlier number are invalid."""
        self.mark = object()
        """A new object after each change of any table."""
        self.derived: dict[Any, Any] = {}
        """The results that `Derived` remembers."""

    def mark_of(self, kind: type) -> object:
        """Return a new object after each change of an entity of a kind."""
        return self._tables[kind].mark

    @cached_property
    def database(self) -> TinyDB:
        """Return TinyDB's own view of every table."""
        database = TinyDB(storage=lambda: self._storage)
        for kind in TABLES:
            table = self._tables[kind]
            database._tables[table.name] = table  # so that `database.table(name)` is this table
        return database

    def get(self, kind: type[E], id_: str) -> E:
        """Return the entity with an id. Raises NotFound."""
        entity = self.find_one(kind, id_)
        if entity is None:
            raise NotFound(f"{kind.__name__}/{id_}")
        return entity

    def find_one(self, kind: type[E], id_: str | None) -> E | None:
        """Return the entity with an id, or None."""
        row = None if id_ is None else self._tables[kind].rows.get(id_)
        return None if row is None else row.entity

    def find(self, kind: type[E], index: str, key: Hashable) -> list[E]:
        """Return the entities of an index key, in the order in which they were stored."""
        table = self._tables[kind]
        return [table.rows[id_].entity for id_ in table.indexes[index].ids(key)]

    def ids(self, kind: type, index: str, key: Hashable) -> Collection[str]:
        """Return the ids of an index key, without reading or copying: valid until the next write."""
        return self._tables[kind].indexes[index].ids(key)

    def latest(self, kind: type, index: str, key: Hashable) -> Iterator[str]:
        """Return the same ids, newest first."""
        return self._tables[kind].indexes[index].latest(key)

    def between(self, kind: type, order: str, name: Hashable, low: Any, high: Any) -> Range:
        """Return the ids between two sort keys, both included, None for no limit: valid until the next write."""
        return self._tables[kind].orders[order].between(name, low, high)

    def lowest(self, kind: type, order: str, name: Hashable) -> Any:
        """Return the first sort key of an ordering, or None if it is empty."""
        return self._tables[kind].orders[order].lowest(name)

    def sort_in(self, kind: type, part: Hashable, most: int, names: Container[str] | None = None) -> bool:
        """Sort the first of the waiting changes into a part of a kind's indexes, or only of those with `names`; return
        whether more are waiting.

        A read sorts in all: only those who let others run in between call this.
        """
        return self._tables[kind].sort_in(part, most, names)

    def first_waiting(self, kind: type[E], most: int, part: Hashable = ANY) -> list[E]:
        """Return the entities of the first of the waiting changes of a kind, or of a part of it."""
        return self._tables[kind].first_waiting(part, most)

    def kinds(self) -> tuple[type, ...]:
        """Return the kinds of entities whose tables are in use."""
        return tuple(kind for kind in TABLES if kind in self._tables)

    def settle(self, kind: type, most: int, names: Container[str] | None = None) -> bool:
        """Sort up to `most` waiting changes into a kind's indexes, or those with `names`; return whether more wait."""
        return self._tables[kind].settle(most, names)

    def all(self, kind: type[E]) -> Iterator[E]:
        return self._tables[kind].entities()

    def count(self, kind: type) -> int:
        table = self._tables.get(kind)
        return len(self._tables.unread[TABLES[kind][0]][0] if table is None else table.rows)

    def put(self, entity: Any) -> None:
        """Store an entity under its `id`, replacing an earlier one."""
        table = self._tables[type(entity)]
        self.mark = object()
        before = table.put(entity.id, entity)
        if self.changes is not None:
            self.changes.note(table, entity.id, before)
        if self._undo is not None:
            self._undo.append((table, entity.id, before))
        # Watchers act within the change, so that a rollback takes their writes back; followers only hear of final
        # changes.
        self._tell(before, entity)
        if self._undo is None:
            self._tell_final(table, before, entity)

    def delete(self, entity: Any) -> None:
        table = self._tables[type(entity)]
        self.mark = object()
        before = table.drop(entity.id)
        if self.changes is not None and before is not None:
            self.changes.note(table, entity.id, before)
        if self._undo is not None and before is not None:
            self._undo.append((table, entity.id, before))
        if before is not None:
            self._tell(before, None)
            if self._undo is None:
                self._tell_final(table, before, None)

    def watch(self, kinds: Iterable[type], watcher: Watcher) -> None:
        """Call a watcher for every later change of some kinds of entities, within the change, once each.

        The watcher is not called when a transaction rolls back or `restore` replaces the state.
        """
        for kind in kinds:
            watchers = self._watchers.setdefault(kind, [])
            if watcher not in watchers:
                watchers.append(watcher)

    def is_watched(self, kind: type, watcher: Watcher) -> bool:
        """Return whether a watcher is called for changes of a kind."""
        return watcher in self._watchers.get(kind, ())

    def follow(self, kinds: Iterable[type], follower: Watcher) -> None:
        """Call a follower for changes of some kinds of entities once they are final: at the end of the outermost
        transaction, once for each entity, with its value before and after; outside a transaction at once.
        """
        self._followers |= {TABLES[kind][0]: follower for kind in kinds}

    def _tell_final(self, table: EntityTable, before: Any | None, after: Any | None) -> None:
        follower = self._followers.get(table.name)
        if follower is not None and (before is not None or after is not None):
            follower(self, before, after)

    def _settle(self, undo: list[Undo]) -> None:
        """Call the followers for the changes of a transaction."""
        # From the last change to the first, so that the value before the first one wins; then forwards again.
        first = {
            (table.name, id_): (table, before) for table, id_, before in reversed(undo) if table.name in self._followers
        }
        for (_, id_), (table, before) in reversed(first.items()):
            self._tell_final(table, before, table.entity(id_))

    def forget_watchers(self) -> None:
        """Stop calling followers."""
        self._watchers.clear()
        self._followers.clear()

    def _tell(self, before: Any | None, after: Any | None) -> None:
        for watcher in self._watchers.get(type(before if after is None else after), ()):
            watcher(self, before, after)

    def transaction(self) -> AbstractContextManager[None]:
        """Run a block atomically: an exception rolls back every change inside; so does one in a nested transaction."""
        return Transaction(self)

    def begin(self) -> tuple[list[Undo], bool]:
        """Return the list of changes to take back, and whether nothing was in progress before."""
        if self._undo is not None:
            return self._undo, False
        self._undo = []
        return self._undo, True

    def end(self, undo: list[Undo], mark: int, *, is_outermost: bool, is_good: bool) -> None:
        """Keep the changes since a mark, or take them back."""
        try:
            if not is_good:
                self._take_back(undo, mark)
        finally:
            if is_outermost:
                self._undo = None
        if is_good and is_outermost and self._followers:
            self._settle(undo)

    def rehearse(self, act: Callable[[], object]) -> list[Change]:
        """Return the changes that `act` would make, each entity before and after, and roll them back. Raises what
        `act` raises.
        """
        changes: dict[tuple[str, str], Any] = {}
        with suppress(_TakenBack), self.transaction():
            mark = len(self._undo or ())
            act()
            for table, id_, before in (self._undo or ())[mark:]:
                changes.setdefault((table.name, id_), (table, before))
            pairs = [(before, table.entity(id_)) for (_, id_), (table, before) in changes.items()]
            raise _TakenBack
        return [(before, after) for before, after in pairs if before != after]

    def take_back_open(self) -> None:
        """Take back the changes of the transaction in progress, whose end then has nothing to roll back."""
        if self._undo is not None:
            self._take_back(self._undo, 0)

    def _take_back(self, undo: list[Undo], mark: int) -> None:
        self.mark = object()
        # Newest first, because one entity may have changed several times.
        for table, id_, before in reversed(undo[mark:]):
            # The tables directly, not `put` and `delete`: watchers must not see the way back as new changes.
            replaced = table.drop(id_) if before is None else table.put(id_, before)
            if self.changes is not None:
                self.changes.note(table, id_, replaced)
        del undo[mark:]

    def snapshot(self) -> Snapshot:
        """Return the state of every table by reference: free of cost until the next write."""
        return Snapshot(self._tables.unread | {table.name: table.share() for table in self._tables.values()})

    def freeze(self) -> Snapshot:
        """Return a snapshot to come back to: the data file keeps it too, if there is one."""
        snapshot = self.snapshot()
        if self.changes is not None:
            self.changes.freeze(snapshot)
        return snapshot

    def resume(self, stored: StoredState) -> None:
        """Take over a state of a data file. No watcher is called: these are not changes."""
        self.adopt(stored.below)
        for row in stored.rows:
            table = self._tables[KINDS[row.kind]]
            if row.entity is None or row.is_placed:
                # A placed row stands at the end of its table, even where the state below has it further up.
                table.drop(row.id)
            if row.entity is not None:
                table.put(row.id, row.entity)

    def rows(self) -> dict[str, Rows]:
        """Return the rows of each table by its name, not copied: valid until the next write."""
        unread = {name: rows for name, (rows, _) in self._tables.unread.items()}
        return {**unread, **{table.name: table.rows for table in self._tables.values()}}

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot of this or another store, by reference; the snapshot stays valid.

        An open transaction then has nothing to roll back.
        """
        if self.changes is not None:
            self.changes.replace(self.snapshot(), snapshot)
        self.adopt(snapshot)
        if self._undo is not None:
            # What it would put back belongs to the state that is gone.
            self._undo.clear()
        self.restored += 1
        self.mark = object()

    def adopt(self, snapshot: Snapshot) -> None:
        """Take over the tables of a snapshot."""
        for table in self._tables.values():
            table.adopt(*snapshot[table.name])
        self._tables.unread = snapshot
