"""The store of one world: typed access to its tables, all-or-nothing changes, snapshots by reference."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any, TypeVar

from tinydb import TinyDB

from sandbox.errors import NotFound
from sandbox.store.indexes import Stretch
from sandbox.store.schema import TABLES
from sandbox.store.tables import EntityTable, Rows, RowStorage
from sandbox.store.tables_by_kind import Snapshot, TablesByKind

E = TypeVar("E")
Change = tuple[Any | None, Any | None]
"""An entity before and after: None where there was none, or is none any more."""

Watcher = Callable[["Store", Any | None, Any | None], None]
"""Is told of a change: the store, the entity before and after."""


class _TakenBack(Exception):
    """Ends a rehearsal: the store takes back what was done."""


class Store:
    """Everything that PKB would remember of one world. Entities are frozen: a change stores a new value."""

    def __init__(self) -> None:
        self._storage = RowStorage()
        self._tables = TablesByKind(self._storage)
        self._undo: list[tuple[EntityTable, str, Any]] | None = None
        self._watchers: dict[type, list[Watcher]] = {}
        self._followers: dict[str, Watcher] = {}
        self.restored = 0
        """How often the store went back to a snapshot: what was read before is of another time."""
        self.mark = object()
        """Another object after each change, of whatever table."""

    def mark_of(self, kind: type) -> object:
        """Another object after each change of an entity of a kind."""
        return self._tables[kind].mark

    @cached_property
    def database(self) -> TinyDB:
        """TinyDB's own view of every table."""
        database = TinyDB(storage=lambda: self._storage)
        for kind in TABLES:
            table = self._tables[kind]
            database._tables[table.name] = table  # so that `database.table(name)` is this table
        return database

    def get(self, kind: type[E], id_: str) -> E:
        """The entity with that id. Raises NotFound."""
        entity = self.find_one(kind, id_)
        if entity is None:
            raise NotFound(f"{kind.__name__}/{id_}")
        return entity

    def find_one(self, kind: type[E], id_: str | None) -> E | None:
        """The entity with that id, or None."""
        entity: E | None = None if id_ is None else self._tables[kind].entity(id_)
        return entity

    def find(self, kind: type[E], index: str, key: Hashable) -> list[E]:
        """The entities that an index holds for a key, in the order in which they were stored."""
        table = self._tables[kind]
        return [table.entity(id_) for id_ in table.indexes[index].find(key)]

    def ids(self, kind: type, index: str, key: Hashable) -> Collection[str]:
        """The ids that an index holds for a key, not read and not copied: good until the next write."""
        return self._tables[kind].indexes[index].ids(key)

    def latest(self, kind: type, index: str, key: Hashable) -> Iterator[str]:
        """The same ids, the last that came first."""
        return self._tables[kind].indexes[index].latest(key)

    def between(self, kind: type, order: str, name: Hashable, low: Any, high: Any) -> Stretch:
        """The ids of a part of an order, both ends included, None for no end: good until the next write."""
        return self._tables[kind].orders[order].between(name, low, high)

    def lowest(self, kind: type, order: str, name: Hashable) -> Any:
        """The first place that is taken in an order, None where there is none."""
        return self._tables[kind].orders[order].lowest(name)

    def all(self, kind: type[E]) -> Iterator[E]:
        return self._tables[kind].entities()

    def count(self, kind: type) -> int:
        return len(self._tables[kind])

    def put(self, entity: Any) -> None:
        """Stores an entity under its `id`, in place of an earlier one."""
        table = self._tables[type(entity)]
        self.mark = object()
        before = table.put(entity.id, entity)
        if self._undo is not None:
            self._undo.append((table, entity.id, before))
        self._tell(before, entity)
        if self._undo is None:
            self._tell_final(table, before, entity)

    def delete(self, entity: Any) -> None:
        table = self._tables[type(entity)]
        self.mark = object()
        before = table.drop(entity.id)
        if self._undo is not None and before is not None:
            self._undo.append((table, entity.id, before))
        if before is not None:
            self._tell(before, None)
            if self._undo is None:
                self._tell_final(table, before, None)

    def watch(self, kinds: Iterable[type], watcher: Watcher) -> None:
        """Has every change of some kinds of entities told to a watcher, as part of the change, from now on; once each.

        What a transaction takes back, or `restore` brings back, is not told: it is as if nothing had happened.
        """
        for kind in kinds:
            watchers = self._watchers.setdefault(kind, [])
            if watcher not in watchers:
                watchers.append(watcher)

    def follow(self, kinds: Iterable[type], follower: Watcher) -> None:
        """Has changes of some kinds of entities told to a follower once they are final: at the end of the outermost
        transaction, each entity once, as it was before and is after; outside of one at once."""
        self._followers |= {TABLES[kind][0]: follower for kind in kinds}

    def _tell_final(self, table: EntityTable, before: Any | None, after: Any | None) -> None:
        follower = self._followers.get(table.name)
        if follower is not None and (before is not None or after is not None):
            follower(self, before, after)

    def _settle(self, undo: list[tuple[EntityTable, str, Any]]) -> None:
        """Tells followers what a transaction changed."""
        first = {
            (table.name, id_): (table, before) for table, id_, before in reversed(undo) if table.name in self._followers
        }
        for (_, id_), (table, before) in reversed(first.items()):
            self._tell_final(table, before, table.entity(id_))

    def forget_watchers(self) -> None:
        """Has no change told any more."""
        self._watchers.clear()
        self._followers.clear()

    def _tell(self, before: Any | None, after: Any | None) -> None:
        for watcher in self._watchers.get(type(before if after is None else after), ()):
            watcher(self, before, after)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: an exception inside takes back every change made inside; so does one in a nested one."""
        outermost = self._undo is None
        undo = self._undo = self._undo if self._undo is not None else []
        mark = len(undo)
        try:
            yield
        except BaseException:
            self._take_back(undo, mark)
            raise
        finally:
            if outermost:
                self._undo = None
        if outermost and self._followers:
            self._settle(undo)

    def rehearse(self, act: Callable[[], object]) -> list[Change]:
        """What `act` would change, each entity before and after; keeps nothing. Raises what `act` raises."""
        changes: dict[tuple[str, str], Any] = {}
        with suppress(_TakenBack), self.transaction():
            mark = len(self._undo or ())
            act()
            for table, id_, before in (self._undo or ())[mark:]:
                changes.setdefault((table.name, id_), (table, before))
            pairs = [(before, table.entity(id_)) for (_, id_), (table, before) in changes.items()]
            raise _TakenBack
        return [(before, after) for before, after in pairs if before != after]

    def _take_back(self, undo: list[tuple[EntityTable, str, Any]], mark: int) -> None:
        self.mark = object()
        for table, id_, before in reversed(undo[mark:]):
            if before is None:
                table.drop(id_)
            else:
                table.put(id_, before)
        del undo[mark:]

    def snapshot(self) -> Snapshot:
        """The state as it is, by reference, of every table: costs nothing until the next write."""
        return {**self._tables.unread, **{table.name: table.share() for table in self._tables.values()}}

    def rows(self) -> dict[str, Rows]:
        """The rows of each table by its name, not copied: good until the next write."""
        unread = {name: rows for name, (rows, _) in self._tables.unread.items()}
        return {**unread, **{table.name: table.rows for table in self._tables.values()}}

    def restore(self, snapshot: Snapshot) -> None:
        """Back to a snapshot, of this store or of another one, by reference; the snapshot stays good.

        A transaction that is open has nothing left to take back.
        """
        for table in self._tables.values():
            table.adopt(*snapshot[table.name])
        self._tables.unread = snapshot
        if self._undo is not None:
            self._undo.clear()
        self.restored += 1
        self.mark = object()
