"""Reading data points: those that the caller may see, and the cell that allows what others entered.

Source: *Scopes*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364421658/Scopes (consent decides)
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from sandbox.access import visibility
from sandbox.access.visibility import access_to, purview_of
from sandbox.http.call import Call
from sandbox.model import DataPoint, Patient
from sandbox.rest.caller import Caller

D = TypeVar("D", bound=DataPoint)


def seen(call: Call, who: Caller, kind: type[D], patient: Patient) -> list[D]:
    """The data points of one kind that the caller may see; of the rest the explanation alone says something."""
    points = visible(who, kind, patient)
    note_others(call, who, points)
    access = access_to(who.principal, patient)
    hidden = (one for one in _kept(who, kind, patient) if not access.sees(one))
    call.warn("rest.not-visible", visibility.withheld(kind, map(access.why_hidden, hidden)))
    return points


def visible(who: Caller, kind: type[D], patient: Patient) -> list[D]:
    """The same, without asking the matrix about what others entered."""
    access = access_to(who.principal, patient)
    return [one for one in _kept(who, kind, patient) if access.sees(one)]


def _kept(who: Caller, kind: type[D], patient: Patient) -> list[D]:
    """The data points of one kind in a record that nobody has deleted."""
    return [one for one in who.store.find(kind, "patient", patient.id) if not getattr(one, "deleted", False)]


def sees(who: Caller, point: DataPoint) -> bool:
    """Whether the caller may see one data point."""
    patient = who.store.get(Patient, point.patient)
    return not getattr(point, "deleted", False) and access_to(who.principal, patient).sees(point)


def note_others(call: Call, who: Caller, points: Iterable[DataPoint]) -> None:
    """Asks the matrix for what others entered, where there is such a thing among the points."""
    purview = purview_of(who.principal)
    if any(purview.is_others(one) for one in points):
        call.authorise("read_clinical_from_others")


def withheld(who: Caller, released_at: datetime | None) -> bool:
    """Whether content is kept from a patient, or from a carer, until a time that has not come."""
    return who.patient is not None and released_at is not None and released_at > who.now
