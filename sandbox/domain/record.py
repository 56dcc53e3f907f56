"""The context of every change of the record: the store, the time, new ids, and configurable rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sandbox.base.clock import Clock
from sandbox.base.ids import Ids
from sandbox.base.quick_init import quick_init
from sandbox.model import Organisation, Team
from sandbox.store import Store


@dataclass(frozen=True, slots=True)
class Rules:
    """Behaviour that PKB leaves open and users configure; the settings have the same names."""

    check_nhs_number: bool = True
    strict_demographics: bool = False
    invite_on_first_email: bool = True
    a08_roadmap: bool = False
    gp_roadmap: bool = False
    nk1_roadmap: bool = False


@quick_init
@dataclass(frozen=True, slots=True)
class Cause:
    """The cause of a change: the id of an exchange and its API; both empty for changes that time causes."""

    exchange: str | None = None
    api: str = ""


NO_CAUSE = Cause()


@quick_init
@dataclass(frozen=True, slots=True)
class Record:
    """The patient record of one world."""

    store: Store
    clock: Clock
    ids: Ids
    rules: Rules = field(default_factory=Rules)
    cause: Cause = NO_CAUSE

    def now(self) -> datetime:
        return self.clock.now()


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """The sender of data: the source organisation and team, and the team in which new records are created.

    `through` is the organisation through which a partner connects, if it is not the source.
    """

    organisation: Organisation
    team: Team | None = None
    creating_team: Team | None = None
    partner: str | None = None
    through: str | None = None
    limited_to_team: str | None = None
