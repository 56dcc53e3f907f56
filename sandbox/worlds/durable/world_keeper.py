"""Keeps one world in the data file: collects its unwritten changes, and takes them back if writing fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.store.durable.changes import StoreChanges
from sandbox.store.durable.data_file import DataFile
from sandbox.store.durable.states import FileChange, FileState, NewState, RowChange, WriteItem, WriteRows
from sandbox.store.durable.tracked import ABSENT, EntryChange, Tracked
from sandbox.store.schema import KINDS
from sandbox.store.states import State
from sandbox.store.tables_by_kind import EMPTY, Snapshot
from sandbox.worlds.checkpoints import Checkpoint
from sandbox.worlds.durable.facts_of_world import apply_facts, fingerprint, render_clock, render_facts
from sandbox.worlds.durable.kept import DICTS, KeptDict
from sandbox.worlds.workspace import Workspace

WORLD, SEEDED, CHECKPOINT = "world", "seeded", "checkpoint"
"""Parts of the file: the facts of a world with its present state, its seeded state, and its checkpoints."""
TakeBack = Callable[[], None]


class WorldKeeper:
    """Follows one world from now on. `on_change` is called when something changes that is to be written."""

    def __init__(self, world: Workspace, file: DataFile, state: FileState, on_change: Callable[[], None]) -> None:
        self.world = world
        world.store.changes = self._changes = StoreChanges(state, file.numbers, on_change)
        self._dicts: list[tuple[str, KeptDict, Tracked[Any, Any]]] = [
            (part, kept, kept.of(world)) for part, kept in DICTS.items()
        ]
        self._checkpoints: Tracked[str, Checkpoint] = world.checkpoints.by_name
        for tracked in self._followed:
            tracked.follow(on_change)
        self._written: tuple[Any, ...] = self._fingerprint()
        self._facts = render_facts(world)

    @property
    def _followed(self) -> tuple[Tracked[Any, Any], ...]:
        return (*(entries for _, _, entries in self._dicts), self._checkpoints)

    def stop(self) -> None:
        """Follow the world no longer: what calls `on_change` would hold a deleted world in a cycle."""
        self.world.store.changes = None
        for tracked in self._followed:
            tracked.forget()

    def _fingerprint(self) -> tuple[Any, ...]:
        return (self._changes.state.id, *fingerprint(self.world))

    @property
    def has_changes(self) -> bool:
        """Return whether there is something to write."""
        return (
            bool(self._changes)
            or self._written != self._fingerprint()
            or self._checkpoints.has_changes
            or any(entries.has_changes for _, _, entries in self._dicts)
        )

    def take(self) -> tuple[list[FileChange], TakeBack]:
        """Hand over the unwritten changes, with a function that takes them back if writing fails."""
        key, world = self.world.key, self.world
        changes, undo = self._changes.take()
        entries = [(part, kept, tracked, tracked.take()) for part, kept, tracked in self._dicts]
        checkpoints = self._checkpoints.take()
        for part, kept, _, changed in entries:
            changes += (_write_entry(key, part, kept, change) for change in changed)
        changes += (_write_checkpoint(key, change) for change in checkpoints)
        before, facts = self._written, self._facts
        if changes or before != self._fingerprint():
            self._written, self._facts = self._fingerprint(), render_facts(world)
            changes.append(WriteItem(key, WORLD, "", self._facts, self._changes.state))

        def take_back() -> None:
            self._changes.take_back(world.store, undo)
            for _, _, tracked, changed in entries:
                tracked.take_back(changed)
            self._checkpoints.take_back(checkpoints)
            apply_facts(world, facts)
            self._written, self._facts = before, facts

        return changes, take_back

    def last_facts(self) -> FileChange:
        """Return the facts as they are at the end, with the last use."""
        return WriteItem(self.world.key, WORLD, "", render_facts(self.world), self._changes.state)


def _write_entry(world: str, part: str, kept: KeptDict, change: EntryChange) -> WriteItem:
    value = None if change.after is ABSENT else kept.value(change.after)
    return WriteItem(world, part, kept.key(change.key), value, is_placed=change.is_placed)


def _write_checkpoint(world: str, change: EntryChange) -> WriteItem:
    if change.after is ABSENT:
        return WriteItem(world, CHECKPOINT, change.key, None)
    checkpoint: Checkpoint = change.after
    value = {"at": checkpoint.at.isoformat(), "clock": render_clock(checkpoint.clock)}
    return WriteItem(world, CHECKPOINT, change.key, value, checkpoint.snapshot.state, is_placed=change.is_placed)


def first_changes(world: Workspace, file: DataFile, base: Snapshot | None) -> tuple[FileState, list[FileChange]]:
    """Return the state that a new world goes on in, and what to write: its seeded state over that of `base`."""
    before = EMPTY if base is None else base
    seeded = world.seeded.snapshot
    rows = difference(before, seeded)
    changes: list[FileChange] = []
    if rows or before.state is None:
        seeded.state = file.numbers.new(before.state)
        # Its rows are written from here, not by `StoreChanges`, which would note this.
        seeded.state.is_empty = False
        changes += [NewState(seeded.state), WriteRows(seeded.state, rows)]
    else:
        seeded.state = before.state
    present = file.numbers.new(seeded.state)
    changes += [
        NewState(present),
        WriteItem(world.key, SEEDED, "", world.seeded.legacy, seeded.state, is_placed=True),
        WriteItem(world.key, WORLD, "", render_facts(world), present, is_placed=True),
    ]
    return present, changes


def difference(before: Snapshot, after: Snapshot) -> list[RowChange]:
    """Return the rows that lead from one snapshot to another."""
    first, second = State.of_snapshot(before), State.of_snapshot(after)
    rows = []
    for name, kind in KINDS.items():
        for old, new in first.changes(second, kind):
            entity: Any = old if new is None else new
            rows.append(RowChange(name, entity.id, old is None, new))
    return rows
