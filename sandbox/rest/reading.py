"""Read data points: the ones that the caller may see, and the matrix cell for data from others.

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


def read_visible(call: Call, caller: Caller, kind: type[D], patient: Patient) -> list[D]:
    """Return the visible data points of one kind; only the explanation of the exchange mentions the others."""
    points = visible(caller, kind, patient)
    # The matrix is asked only about data that is really returned.
    note_others(call, caller, points)
    access = access_to(caller.principal, patient)
    hidden = (point for point in _not_deleted(caller, kind, patient) if not access.sees(point))
    call.warn("rest.not-visible", visibility.describe_withheld(kind, map(access.why_hidden, hidden)))
    return points


def visible(caller: Caller, kind: type[D], patient: Patient) -> list[D]:
    """Return the visible data points, without checking the matrix for data from others."""
    access = access_to(caller.principal, patient)
    return [point for point in _not_deleted(caller, kind, patient) if access.sees(point)]


def _not_deleted(caller: Caller, kind: type[D], patient: Patient) -> list[D]:
    """Return the data points of one kind in a record that are not deleted."""
    return [point for point in caller.store.find(kind, "patient", patient.id) if not getattr(point, "deleted", False)]


def is_visible(caller: Caller, point: DataPoint) -> bool:
    """Return whether the caller may see one data point."""
    patient = caller.store.get(Patient, point.patient)
    return not getattr(point, "deleted", False) and access_to(caller.principal, patient).sees(point)


def note_others(call: Call, caller: Caller, points: Iterable[DataPoint]) -> None:
    """Check the matrix for data from others, if the points contain any."""
    purview = purview_of(caller.principal)
    if any(purview.is_others(point) for point in points):
        call.authorise("read_clinical_from_others")


def is_withheld(caller: Caller, released_at: datetime | None) -> bool:
    """Return whether content is withheld from a patient or carer until its release."""
    return caller.patient is not None and released_at is not None and released_at > caller.now
