"""What every act on the record needs: the store, the time, new ids, and the rules that can be switched."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sandbox.clock import Clock
from sandbox.ids import Ids
from sandbox.model import Organisation, Team
from sandbox.store import Store


@dataclass(frozen=True, slots=True)
class Rules:
    """Behaviour that PKB leaves open and the sandbox lets users choose; the settings of the same names."""

    check_nhs_number: bool = True
    strict_demographics: bool = False
    invite_on_first_email: bool = True
    a08_roadmap: bool = False
    gp_roadmap: bool = False
    nk1_roadmap: bool = False


@dataclass(frozen=True, slots=True)
class Cause:
    """What a change comes from: the id of an exchange, and the API that it came by; neither for what time brings."""

    exchange: str | None = None
    api: str = ""


NO_CAUSE = Cause()


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """On whose behalf data arrives: the source organisation and team, and the team that new records are created in.

    `through` is the organisation that a partner connects through, where it is not the source.
    """

    organisation: Organisation
    team: Team | None = None
    creating_team: Team | None = None
    partner: str | None = None
    through: str | None = None
    limited_to_team: str | None = None
