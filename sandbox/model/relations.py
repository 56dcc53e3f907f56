"""People around a patient whose storage PKB has announced: the general practitioner, and next of kin.

Sources: *GP details* (roadmap),
https://sites.google.com/a/patientsknowbest.com/api-documentation/home/hl7-api/roadmap/gp-details ; *NK1* (roadmap),
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364947275
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from sandbox.model.datapoint import Source
from sandbox.model.patient import Address, Name


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneralPractitioner:
    """The GP of a patient, and the practice with its ODS code. `number` is the GP's General Medical Council number."""

    id: str
    patient: str
    source: Source
    practice: str = ""
    practice_code: str = ""
    number: str = ""
    name: Name = field(default_factory=Name)
    address: Address = field(default_factory=Address)
    phone: str = ""
    email: str = ""
    entered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NextOfKin:
    """A relative or contact of a patient, as one organisation sent it. `relationship` is a code of HL7 table 0063."""

    id: str
    patient: str
    source: Source
    name: Name
    relationship: str
    role: str = ""
    address: Address = field(default_factory=Address)
    gender: str = "UNKNOWN"
    date_of_birth: date | None = None
    identifier: str = ""
    phone: str = ""
    email: str = ""
    entered_at: datetime
