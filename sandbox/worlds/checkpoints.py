"""Checkpoints of one world: named states, stored by reference, to restore and to compare."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol

from sandbox.base.clock import Clock
from sandbox.errors import Conflict, Invalid, NotFound
from sandbox.settings import Settings
from sandbox.store import Snapshot, Store
from sandbox.store.durable.tracked import Tracked
from sandbox.store.states import State
from sandbox.store.store import Change
from sandbox.worlds.change_log import ChangeLog, ChangeStep
from sandbox.worlds.exchanges import Exchanges
from sandbox.worlds.history import StateHistory

if TYPE_CHECKING:
    from sandbox.worlds.difference.comparing import StoreComparison, StoreDifference

NAME = re.compile(r"[a-z0-9._-]{1,64}")
NOW = "now"
AT_ONCE = 50
"""Entities that are compared before other requests have their turn."""


class World(Protocol):
    """The part of a workspace that checkpoints use."""

    settings: Settings
    store: Store
    clock: Clock
    exchanges: Exchanges

    def restore(self, snapshot: Snapshot, clock: Clock) -> None:
        """Restores a state and its clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A named state: the store's content and the clock at that time. `at` is the world's time."""

    name: str
    at: datetime
    snapshot: Snapshot
    clock: Clock
    history: StateHistory


class Checkpoints:
    """The checkpoints of one world, in the order in which they were made. They survive a reset."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.by_name: Tracked[str, Checkpoint] = Tracked()
        self._log = ChangeLog()
        self._always = False
        self._origins = count()
        self._past = StateHistory(next(self._origins))
        self._since = 0
        self._restored = world.store.restored

    def __iter__(self) -> Iterator[Checkpoint]:
        return iter(self.by_name.values())

    def create(self, name: str) -> Checkpoint:
        """Make a checkpoint of the current state, replacing one with the same name. Raises Invalid, Conflict."""
        if not NAME.fullmatch(name):
            raise Invalid(f"name must be 1 to 64 characters of a-z, 0-9, '-', '_' and '.', not {name[:80]!r}")
        limit = self._world.settings.max_checkpoints
        if name not in self.by_name and len(self.by_name) >= limit:
            raise Conflict(f"The world has {limit} checkpoints, which is the limit (--max-checkpoints)")
        if not self._log.on:
            self._begin()
        # Removed first, so that a replaced checkpoint is listed last.
        self.by_name.pop(name, None)
        checkpoint = Checkpoint(
            name=name,
            at=self._world.clock.now(),
            snapshot=self._world.store.freeze(),
            # A copy: the world's own clock is advanced and frozen in place.
            clock=copy.copy(self._world.clock),
            history=self._present(),
        )
        self.by_name[name] = checkpoint
        return checkpoint

    def adopt(self, name: str, at: datetime, snapshot: Snapshot, clock: Clock) -> None:
        """Take over a checkpoint of an earlier run. The exchanges since then are not known."""
        if not self._log.on:
            self._begin()
        history = StateHistory(next(self._origins))
        self.by_name[name] = Checkpoint(name=name, at=at, snapshot=snapshot, clock=clock, history=history)

    def get(self, name: str) -> Checkpoint:
        """Return a checkpoint. Raises NotFound."""
        checkpoint = self.by_name.get(name)
        if checkpoint is None:
            raise NotFound(f"No checkpoint {name[:80]!r}; there are: {', '.join(self.by_name) or 'none'}")
        return checkpoint

    def restore(self, name: str) -> Checkpoint:
        """Restore a checkpoint: the store and the clock. API sessions and the journal stay as they are."""
        checkpoint = self.get(name)
        self._world.restore(checkpoint.snapshot, copy.copy(checkpoint.clock))
        self._past, self._since, self._restored = checkpoint.history, self._log.count, self._world.store.restored
        return checkpoint

    def delete(self, name: str) -> None:
        del self.by_name[self.get(name).name]
        if not self.by_name and not self._always:
            self._log.on = False
            self._log.clear()

    @property
    def notes_changes(self) -> bool:
        """Return whether changes are noted: there is a checkpoint to compare with, or a person looks at the world."""
        return self._log.on

    def note_always(self) -> None:
        """Note changes from now on, without a checkpoint too."""
        self._always = True
        if not self._log.on:
            self._begin()

    def steps_to(self, entity: Any) -> list[ChangeStep]:
        """Return the noted changes that led to the present value of an entity, oldest first."""
        # A history of its own, which shares nothing with the present one: all steps are since then.
        return self._log.between(None, entity, (StateHistory(-1), self._present()))

    def changes(self) -> Iterator[ChangeStep]:
        """Return the noted changes that led to the present state, oldest first."""
        return self._log.steps(self._present())

    def note(self, step: ChangeStep) -> None:
        """Record a change, so that differences can name its exchange."""
        self._follow()
        self._log.note(step)

    def changes_by(self, exchange: str) -> list[Change]:
        """Return the changes of an exchange, each entity before and after; none where they were not noted."""
        store = self._world.store

        def is_stored(step: ChangeStep) -> bool:
            kind, id_ = step.key
            return store.find_one(kind, id_) is step.after

        return [(step.before, step.after) for step in self._log.of_exchange(exchange, is_stored)]

    def _begin(self) -> None:
        """Begins a history with the state as it is: what led there is not known."""
        self._log.on = True
        self._past, self._since, self._restored = (
            StateHistory(next(self._origins)),
            self._log.count,
            self._world.store.restored,
        )

    def _follow(self) -> None:
        """Begins anew where the store went back without a checkpoint: at a reset."""
        if self._world.store.restored != self._restored:
            self._begin()

    def _present(self) -> StateHistory:
        """Return the steps that led to the present state."""
        self._follow()
        return self._past.until(self._since, self._log.count)

    def difference(self, name: str, later: str | None = None) -> StoreDifference:
        """Return the difference from a checkpoint to another, or to the current state."""
        return self.comparison(name, later).difference()

    def comparison(self, name: str, later: str | None = None) -> StoreComparison:
        """Return the comparison with another checkpoint or the current state; a large one outlasts writes."""
        # Not before: a start needs no tables of attributes.
        from sandbox.worlds.difference.comparing import StoreComparison

        world = self._world
        ends = self.get(name).history, self._present() if later is None else self.get(later).history
        apart = ends[0].differing_steps(ends[1])
        touched = None if apart is None else self._log.touched(apart)
        if later is not None:
            after = _state(self.get(later))
        # A long comparison lets other requests in between, which may write: it needs a state that stays.
        elif touched is None or sum(map(len, touched.values())) > AT_ONCE:
            after = State.of_snapshot(world.store.snapshot())
        else:
            after = State.of_store(world.store)
        return StoreComparison(
            states=(_state(self.get(name)), after),
            histories=ends,
            touched=touched,
            store=world.store,
            log=self._log,
            find_exchange=world.exchanges.find,
            now=world.clock.now(),
        )


def _state(checkpoint: Checkpoint) -> State:
    return State.of_snapshot(checkpoint.snapshot)
