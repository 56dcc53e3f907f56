"""Workspaces: store, clock, ids, API sessions and journal of one world each. Credentials choose the workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sandbox.clock import Clock, instant
from sandbox.domain import due
from sandbox.domain.due_acts import ACTS
from sandbox.domain.patients import carers
from sandbox.domain.record import NO_CAUSE, Cause, Record, Rules
from sandbox.domain.worlds import loading
from sandbox.ids import Ids
from sandbox.model import Consent, Credential, HeldMessage, OutboxItem, Patient
from sandbox.settings import Settings
from sandbox.store import Store
from sandbox.worlds.attributes import tables
from sandbox.worlds.change_log import Step
from sandbox.worlds.checkpoints import Checkpoints
from sandbox.worlds.events import Events
from sandbox.worlds.exchanges import Exchanges
from sandbox.worlds.journal_budget import JournalBudget
from sandbox.worlds.sessions import Sessions

DEFAULT = "default"
Seeder = Callable[["Workspace"], None]
"""What adds to the seeded state of a world."""

_CAUSE: ContextVar[Cause] = ContextVar("cause", default=NO_CAUSE)
"""What the request that is being answered is to the record; requests that are answered in turns have one each."""


@contextmanager
def caused_by(cause: Cause) -> Iterator[None]:
    """Names the cause of what is done to a record inside."""
    before = _CAUSE.set(cause)
    try:
        yield
    finally:
        _CAUSE.reset(before)


def _as_caused(act: due.Act) -> due.Act:
    """Due work whose changes have the cause that the work has, not that of the call which came after it was due."""

    def do(record: Record, subject: str) -> str:
        with caused_by(record.cause):
            return act(record, subject)

    return do


class Workspace:
    """One isolated world, with the state that it was seeded with."""

    def __init__(self, name: str, settings: Settings, budget: JournalBudget | None = None) -> None:
        self.name = name
        self.settings = settings
        self.exchanges = Exchanges(budget)
        self.events = Events()
        self.exchanges.kept.add(lambda exchange: self.events.publish("exchange", exchange.id))
        self.store = Store()
        self.clock = Clock.parse(settings.clock)
        self.ids = Ids(settings.seed)
        self.exchange_ids = Ids()
        self.sessions = Sessions(self.ids)
        self._when_due = {kind: _as_caused(act) for kind, act in ACTS.items()}
        self._rules = Rules(
            check_nhs_number=settings.check_nhs_number,
            strict_demographics=settings.strict_demographics,
            invite_on_first_email=settings.invite_on_first_email,
            a08_roadmap=settings.a08_roadmap,
            gp_roadmap=settings.gp_roadmap,
            nk1_roadmap=settings.nk1_roadmap,
        )
        loading.load(self.store, settings.world)
        carers.settle(self.record)
        self.store.watch((Consent, Patient), lambda _, before, after: carers.follow(self.record, before, after))
        self.checkpoints = Checkpoints(self)
        self.store.watch(tables(), self._note)
        self.store.follow((OutboxItem, HeldMessage), self._publish)
        self._seeded = self.store.snapshot()

    def _note(self, _: Store, before: Any | None, after: Any | None) -> None:
        cause = _CAUSE.get()
        self.checkpoints.note(Step(before, after, cause.exchange, cause.api))

    def seed(self, seeder: Seeder) -> None:
        """Adds to the state that it was seeded with."""
        seeder(self)
        self._seeded = self.store.snapshot()

    @property
    def record(self) -> Record:
        return Record(self.store, self.clock, self.ids, self._rules, _CAUSE.get())

    def when_due(self, kind: str, act: due.Act) -> None:
        """Registers what does work of a kind once it is due."""
        self._when_due[kind] = _as_caused(act)

    def _publish(
        self, _: Store, before: OutboxItem | HeldMessage | None, after: OutboxItem | HeldMessage | None
    ) -> None:
        """Publishes what is sent, or held, for the first time; what PKB would not have sent is no event."""
        if before is None and after is not None and not getattr(after, "suppressed", ""):
            self.events.publish("outbox" if isinstance(after, OutboxItem) else "held", after)

    def tell_time(self, became_due: list[str]) -> dict[str, Any]:
        """The clock as it stands after a change, which is an event, with the work that the change made due."""
        state = {"mode": self.clock.mode, "now": instant(self.clock.now()), "became_due": became_due}
        self.events.publish("clock", state)
        return state

    def catch_up(self) -> list[str]:
        """Does what has become due since anybody looked, and says each in a line."""
        if not due.waits(self.store, self.clock.now()):
            return []
        with caused_by(NO_CAUSE):
            return due.do(self.record, self._when_due)

    def reset(self, parts: tuple[str, ...]) -> None:
        """Back to the seeded state, in the named parts: `store`, `clock`, `exchanges`."""
        if "store" in parts:
            self.store.restore(self._seeded)
            self.sessions.leave_web()
        if "clock" in parts:
            self.clock = Clock.parse(self.settings.clock)
            self.tell_time([])
        if "exchanges" in parts:
            self.exchanges.clear()


class Workspaces:
    """All workspaces of a server; calls without a credential belong to the default one.

    `token_needed` says whether control calls from loopback need the admin token too: by default where there is one.
    """

    def __init__(self, settings: Settings, *, token_needed: bool | None = None) -> None:
        self.token_needed = bool(settings.admin_token) if token_needed is None else token_needed
        self.journal_budget = JournalBudget(settings.journal_exchanges, settings.journal_bytes)
        self.default = Workspace(DEFAULT, settings, self.journal_budget)
        self._by_name = {DEFAULT: self.default}

    def seed(self, seeder: Seeder) -> None:
        """Lets a room that knows more than the record add to what every world starts with."""
        for workspace in self:
            workspace.seed(seeder)

    def __iter__(self) -> Iterator[Workspace]:
        return iter(self._by_name.values())

    def with_credential(self, id_: str) -> tuple[Workspace, Credential] | None:
        """The workspace that knows a client id or HL7 user name; these are unique over all workspaces."""
        for workspace in self:
            credential = workspace.store.find_one(Credential, id_)
            if credential is not None and not credential.revoked:
                return workspace, credential
        return None
