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


def seen(call: Call, caller: Caller, kind: type[D], patient: Patient) -> list[D]:
    """The data points of one kind that the caller may see; of the rest the explanation alone says something."""
    points = visible(caller, kind, patient)
    note_others(call, caller, points)
    access = access_to(caller.principal, patient)
    hidden = (point for point in _kept(caller, kind, patient) if not access.sees(point))
    call.warn("rest.not-visible", visibility.withheld(kind, map(access.why_hidden, hidden)))
    return points


def visible(caller: Caller, kind: type[D], patient: Patient) -> list[D]:
    """The same, without asking the matrix about what others entered."""
    access = access_to(caller.principal, patient)
    return [point for point in _kept(caller, kind, patient) if access.sees(point)]


def _kept(caller: Caller, kind: type[D], patient: Patient) -> list[D]:
    """The data points of one kind in a record that nobody has deleted."""
    return [point for point in caller.store.find(kind, "patient", patient.id) if not getattr(point, "deleted", False)]


def sees(caller: Caller, point: DataPoint) -> bool:
    """Whether the caller may see one data point."""
    patient = caller.store.get(Patient, point.patient)
    return not getattr(point, "deleted", False) and access_to(caller.principal, patient).sees(point)


def note_others(call: Call, caller: Caller, points: Iterable[DataPoint]) -> None:
    """Asks the matrix for what others entered, where there is such a thing among the points."""
    purview = purview_of(caller.principal)
    if any(purview.is_others(point) for point in points):
        call.authorise("read_clinical_from_others")


def withheld(caller: Caller, released_at: datetime | None) -> bool:
    """Whether content is kept from a patient, or from a carer, until a time that has not come."""
    return caller.patient is not None and released_at is not None and released_at > caller.now
