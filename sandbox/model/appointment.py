"""Appointment: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3729195048"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sandbox.model.datapoint import Code, DataPoint, Participant


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment(DataPoint):
    """An appointment. `status` is `ACTIVE`, `CANCELLED` or `DNA`; `encounter` links it to a (pending) admission."""

    status: str = "ACTIVE"
    subject: str = "Appointment"
    description: str = ""
    type: Code = field(default_factory=Code)
    start_at: datetime | None = None
    end_at: datetime | None = None
    location: str = ""
    participants: tuple[Participant, ...] = ()
    contact_email: str = ""
    management_url: str = ""
    encounter: str = ""
