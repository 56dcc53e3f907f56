"""States of a data file: sets of rows, each over the rows of another state, as snapshots share tables in memory.

A shared state (a seeded state, a checkpoint) never changes: a world that continues from it writes to a state of its own
over it. So a checkpoint, a reset and a new workspace cost nothing but their own rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any, NamedTuple


# Compared and hashed by identity: states are keys of dicts, and `is_empty` changes.
@dataclass(eq=False, slots=True)
class FileState:
    """One state of the file. `is_empty` says that it has no rows of its own."""

    id: int
    base: FileState | None = None
    is_empty: bool = True


@dataclass(slots=True)
class StateNumbers:
    """The ids of new states of one file."""

    numbers: count[int] = field(default_factory=lambda: count(1))

    def new(self, base: FileState | None) -> FileState:
        return FileState(next(self.numbers), base)


class RowChange(NamedTuple):
    """A changed row: its new entity, None once it is deleted. `is_placed` says that it now ends its table."""

    kind: str
    id: str
    is_placed: bool
    entity: Any


class NewState(NamedTuple):
    """A state to create."""

    state: FileState


class CopyWorld(NamedTuple):
    """A world file that is attached, whose tables become those of a state."""

    state: FileState


class WriteRows(NamedTuple):
    """Rows to write to a state."""

    state: FileState
    rows: list[RowChange]


class WriteItem(NamedTuple):
    """A value outside the store, None to delete it: `part` says what it is, `state` which state it is about."""

    world: str
    part: str
    key: str
    value: Any
    state: FileState | None = None
    is_placed: bool = False


class DropWorld(NamedTuple):
    """A world whose items to delete."""

    world: str


class DropPart(NamedTuple):
    """The part of a world whose items to delete."""

    world: str
    part: str


FileChange = NewState | CopyWorld | WriteRows | WriteItem | DropWorld | DropPart
