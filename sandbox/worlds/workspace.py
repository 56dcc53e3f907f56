"""A workspace: store, clock, ids, API sessions and journal of one world. Credentials choose the workspace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sandbox.base.clock import Clock, instant
from sandbox.base.ids import FIRST_LEGACY, Ids
from sandbox.domain import due
from sandbox.domain.due_acts import ACTS
from sandbox.domain.patients import carers
from sandbox.domain.record import NO_CAUSE, Record
from sandbox.domain.worlds import loading
from sandbox.model import Consent, Credential, DueWork, HeldMessage, OutboxItem, Patient
from sandbox.settings import Settings
from sandbox.store import Snapshot, Store
from sandbox.store.durable.tracked import Tracked
from sandbox.store.store import StoredState
from sandbox.worlds.attributes.kinds import ENTITIES
from sandbox.worlds.causes import CAUSE, as_caused, caused_by
from sandbox.worlds.change_log import ChangeStep
from sandbox.worlds.checkpoints import Checkpoints
from sandbox.worlds.events import Events
from sandbox.worlds.exchange import Exchange
from sandbox.worlds.exchanges import Exchanges
from sandbox.worlds.faults import Faults
from sandbox.worlds.in_flight import InFlight
from sandbox.worlds.journal_budget import JournalBudget
from sandbox.worlds.listeners import Listeners
from sandbox.worlds.reissue import reissue
from sandbox.worlds.rules_of import rules_of
from sandbox.worlds.sessions import Sessions
from sandbox.worlds.usage import Usage
from sandbox.worlds.world_index import WorldIndex

if TYPE_CHECKING:
    from sandbox.store.world_file.opening import WorldFile

DEFAULT = "default"
Seeder = Callable[["Workspace"], None]
"""Adds to the seeded state of a world."""


@dataclass(frozen=True, slots=True)
class SeededState:
    """The starting state that worlds share by reference; `legacy` is the last legacy id in it."""

    snapshot: Snapshot
    legacy: int = FIRST_LEGACY


class Endable(Protocol):
    """A process in a world that lasts over several requests."""

    def end(self) -> None: ...


class Workspace:
    """One isolated world, with the state that it was seeded with.

    `key` tells it from every other world of the server, earlier ones of the same name included. `seeded` is the state
    to copy, by reference; without it the world of the settings is loaded. `stored` is the present state of a world of
    the data file; `seeded` then is that world's own.

    The listeners of `mail` are called with each new item of the outbox, and with None when there may be one at another
    time than before; those of `ending` when the server stops.
    """

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        key: str = DEFAULT,
        seeded: SeededState | None = None,
        index: WorldIndex | None = None,
        budget: JournalBudget | None = None,
        idle_seconds: float | None = None,
        stored: StoredState | None = None,
    ) -> None:
        self.name = name
        self.key = key
        self.settings = settings
        self.usage = Usage(idle_seconds)
        self.in_flight = InFlight()
        self.exchanges = Exchanges(budget)
        self.events = Events()
        self.exchanges.kept.add(self._publish_exchange)
        self.mail: Listeners[OutboxItem | None] = Listeners()
        self.ending: Listeners[None] = Listeners()
        self.faults = Faults()
        self.runs: dict[str, Endable] = {}
        """Conformance runs by profile; a reset of the store or the faults ends them."""
        self.store = Store()
        self.clock = Clock.parse(settings.clock)
        self.ids = Ids(_seed(settings, key), seeded.legacy if seeded else FIRST_LEGACY)
        # Not the seeded ids: reads are exchanges too, and must not shift the ids of what is written.
        self.exchange_ids = Ids()
        self.signing_key = ""
        """The id of the key that signs this world's tokens; empty for the first one of the server."""
        self.stored_keys: Tracked[str, str] = Tracked()
        """With a data file, the keys that sign or have signed this world's tokens: id → PEM, the first one first."""
        self._index = WorldIndex() if index is None else index
        self.sessions = Sessions(self.ids, self.claim, self._index.discard)
        self._when_due = {kind: as_caused(act) for kind, act in ACTS.items()}
        self._rules = rules_of(settings)
        self.world_file: WorldFile | None = None
        """The world file that it began with in this process, if it did."""
        self._fill_store(seeded, stored)
        self.checkpoints = Checkpoints(self)
        self._watch_store()
        self.is_stored = stored is not None
        """Whether it is from the data file, where it was seeded long ago."""
        self.seeded = seeded if seeded is not None and self.is_stored else self._state()

    def _fill_store(self, seeded: SeededState | None, stored: StoredState | None) -> None:
        # The index must learn of every credential, so it watches before the first one is stored.
        self.store.watch((Credential,), lambda _, before, after: self._claim_credential(after))
        world_file = loading.open_file(self.settings.world) if seeded is None and stored is None else None
        if stored is not None:
            self.store.resume(stored)
            self._claim_credentials()
        elif world_file is not None:
            self._open(world_file)
        elif seeded is None:
            loading.load_world(self.store, self.settings.world)
            carers.end_past_access(self.record)
        else:
            self.store.restore(seeded.snapshot)
            reissue(self.store, self.ids, self.key)

    def _open(self, world_file: WorldFile) -> None:
        """Start with the state of a world file, by reference: none of its records is read."""
        self.world_file = world_file
        self.store.restore(world_file.snapshot)
        self.ids.last_legacy = int(world_file.information.get("last_legacy_id", FIRST_LEGACY))
        self._claim_credentials()
        # Only birthdays that have passed since: they are scheduled in the file, and no other record is read.
        carers.end_due_access(self.record)

    def _watch_store(self) -> None:
        # Only after the store is filled: a starting state is neither a change nor an event.
        self.store.watch((Consent, Patient), self._follow_carers)
        self.store.watch(ENTITIES.values(), self._note)
        self.store.follow((OutboxItem, HeldMessage, DueWork), self._publish)

    def _follow_carers(self, _: Store, before: Consent | Patient | None, after: Consent | Patient | None) -> None:
        if after is not None and carers.affects_end_of_access(before, after):
            carers.reschedule(self.record, after)

    def _claim_credentials(self) -> None:
        for credential in self.store.all(Credential):
            self.claim(credential.id)

    def _claim_credential(self, credential: Credential | None) -> None:
        if credential is not None:
            self.claim(credential.id)

    def claim(self, key: object) -> None:
        """Register a credential, session or one-time password as belonging to this world."""
        self._index.add(key, self)

    def _state(self) -> SeededState:
        return SeededState(self.store.snapshot(), self.ids.last_legacy)

    def _note(self, _: Store, before: Any | None, after: Any | None) -> None:
        if self.checkpoints.notes_changes:
            cause = CAUSE.get()
            self.checkpoints.note(ChangeStep(before, after, cause.exchange, cause.api))

    def seed(self, seeder: Seeder) -> None:
        """Add to the seeded state."""
        seeder(self)
        self.seeded = self._state()

    @property
    def world(self) -> str:
        """The name of the starting world: of a file or folder without its path."""
        return Path(self.settings.world).name.removesuffix(".toml")

    @property
    def record(self) -> Record:
        return Record(self.store, self.clock, self.ids, self._rules, CAUSE.get())

    @property
    def is_expired(self) -> bool:
        """Return whether it has been idle for longer than allowed."""
        return self.usage.is_over and not self.in_flight and not self.events.followers

    def when_due(self, kind: str, act: due.Act) -> None:
        """Register the function for a kind of due work."""
        self._when_due[kind] = as_caused(act)

    def _publish_exchange(self, exchange: Exchange) -> None:
        """Publish an exchange, after the fault rule that changed it."""
        rule = self.faults.find(exchange.fault) if exchange.fault else None
        if rule is not None:
            self.events.publish("fault", rule.as_json())
        self.events.publish("exchange", exchange.id)

    def _publish(self, _: Store, before: Any | None, after: Any | None) -> None:
        """Publish new sent or held items; suppressed items are not events."""
        if isinstance(after, DueWork):
            self.mail.call(None)
        elif before is None and after is not None:
            if not getattr(after, "suppressed", ""):
                self.events.publish("outbox" if isinstance(after, OutboxItem) else "held", after)
            if isinstance(after, OutboxItem):
                self.mail.call(after)

    def tell_time(self, became_due: list[str]) -> dict[str, Any]:
        """Publish the changed clock, with the work that the change made due."""
        state = {"mode": self.clock.mode, "now": instant(self.clock.now()), "became_due": became_due}
        self.events.publish("clock", state)
        return state

    def catch_up(self) -> list[str]:
        """Do the work that has become due, and describe each piece in a line."""
        if not due.is_any_due(self.store, self.clock.now()):
            return []
        with caused_by(NO_CAUSE):
            return due.carry_out(self.record, self._when_due)

    def reset(self, parts: tuple[str, ...]) -> None:
        """Restore the named parts of the seeded state: `store`, `faults`, `clock`, `exchanges`.

        A reset of the store ends the requests that would still write to it.
        """
        if {"store", "faults"} & set(parts):
            self.end_runs()
        if "store" in parts:
            self._go_back(self.seeded.snapshot, "reset")
        if "faults" in parts:
            self.faults.clear()
        if "clock" in parts:
            self.clock = Clock.parse(self.settings.clock)
            self.tell_time([])
        if "exchanges" in parts:
            self.empty_journal()

    def empty_journal(self) -> None:
        """Drop all exchanges; followers of the events, too, are told only that they are no longer available."""
        self.exchanges.clear()
        self.events.forget_texts()

    def restore(self, snapshot: Snapshot, clock: Clock) -> None:
        """Restore an earlier state and its clock; API sessions and the journal stay as they are."""
        self._go_back(snapshot, "taken back to a checkpoint")
        self.clock = clock
        self.mail.call(None)
        self.tell_time([])

    def _go_back(self, snapshot: Snapshot, reason: str) -> None:
        # Requests end first: one that is still at work would write to the state that comes.
        self.in_flight.leave(reason)
        self.store.restore(snapshot)
        self.sessions.leave_web()

    def end_runs(self) -> None:
        """End processes that last over several requests; each takes back the changes that it staged."""
        while self.runs:
            self.runs.popitem()[1].end()

    def end_waits(self) -> None:
        """End the streams of events and the waiting calls, because the server stops."""
        self.events.close()
        self.ending.call(None)

    def close(self) -> None:
        """End everything in this world, which no credential belongs to any more."""
        self.in_flight.leave("deleted", is_deleted=True)
        self.end_runs()
        self.events.close()
        self._index.forget(self)
        self.exchanges.clear()
        self.exchanges = Exchanges()  # for what is still recorded: it takes no room from other worlds
        self.store.forget_watchers()
        # New ones without the functions of the index: a late request cannot register keys for a deleted world.
        self.sessions = Sessions(self.ids)
        self._when_due = {}
        del self.checkpoints


def _seed(settings: Settings, key: str) -> int | str | None:
    """Return the seed of a world's ids, if they are the same in every run."""
    return settings.seed if settings.seed is None or key == DEFAULT else f"{settings.seed}/{key}"
