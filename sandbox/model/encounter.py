"""Encounter and its events: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3752230923"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sandbox.model.datapoint import DataPoint, Participant

CLASSES = (
    "IN_PATIENT",
    "OUT_PATIENT",
    "AMBULATORY",
    "EMERGENCY",
    "HOME",
    "FIELD",
    "DAYTIME",
    "VIRTUAL",
    "OTHER",
)
"""Patient classes, of encounter events and of documents."""

EVENTS = ("PRE_ADMIT", "PENDING_ADMIT", "ADMIT", "TRANSFER", "DISCHARGE", "UPDATE")


@dataclass(frozen=True, slots=True, kw_only=True)
class EncounterEvent:
    """One event of a visit. `type` is one of `EVENTS`, `class_` one of `CLASSES`."""

    id: str
    type: str
    at: datetime
    class_: str = "OTHER"
    location: str = ""
    specialty: str = ""
    participants: tuple[Participant, ...] = ()
    entered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Encounter(DataPoint):
    """A visit, which the sender identifies by `external_id`; its events are in the order of receipt."""

    events: tuple[EncounterEvent, ...] = ()
