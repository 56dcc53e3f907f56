"""Data points: the entries of a record, each with one source, one privacy label and one entered timestamp."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sandbox.base.quick_init import quick_init
from sandbox.model.patient import Name


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A coded value as senders send it: code, text, coding system, and the same three as alternates."""

    code: str = ""
    text: str = ""
    system: str = ""
    alternate_code: str = ""
    alternate_text: str = ""
    alternate_system: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The source of a data point. Organisation and team come from the connection, never from the data.

    `through` is the organisation through whose connection the data of another organisation came, if both have granted
    the partner access: PKB shows that it sends on behalf of the owner. `text` is the person whom the sender states as
    the source: PKB's Source Text. `route` is PKB's access route (`WEBAPP_OTP`), if known.
    """

    organisation: str | None = None
    team: str | None = None
    person: str | None = None
    partner: str | None = None
    through: str | None = None
    text: str = ""
    route: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """A person outside PKB who takes part in an appointment or encounter; never linked to a user."""

    name: Name
    role: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataPoint:
    """The attributes of all kinds of data points. `entered_at` is the sender's time of entry, `persisted_at` when PKB
    stored it.

    `external_id` is the sender's own id, unique within patient and source organisation; `specialty` a code of the
    organisation's hospital services.
    """

    id: str
    patient: str
    source: Source
    external_id: str = ""
    specialty: str = ""
    label: str = "GENERAL_HEALTH"
    entered_at: datetime
    persisted_at: datetime


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Allergy(DataPoint):
    """An allergy or intolerance."""

    allergen: Code
    severity: Code = Code()
    reactions: tuple[str, ...] = ()
    onset_at: datetime | None = None
    provider: str = ""


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis(DataPoint):
    """A diagnosis; `clinician` is the display name of the diagnosing clinician."""

    diagnosis: Code
    diagnosed_at: datetime | None = None
    clinician: str = ""
    note: str = ""


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Medication(DataPoint):
    """A medication; an `end_at` in the past makes it a past medication."""

    substance: Code
    frequency: str = ""
    dose: str = ""
    dose_units: Code = field(default_factory=Code)
    start_at: datetime | None = None
    end_at: datetime | None = None
    note: str = ""
