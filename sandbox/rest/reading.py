"""Reading data points: those that the caller may see, and the cell that allows what others entered.

Sources: *Scopes*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364421658/Scopes (consent decides what is
returned); *Sharing*, https://manual.patientsknowbest.com/patient/sharing
"""

from __future__ import annotations

from typing import TypeVar

from sandbox.call import Call
from sandbox.model import Consent, DataPoint, Patient
from sandbox.rest.caller import Caller

D = TypeVar("D", bound=DataPoint)


def seen(call: Call, who: Caller, kind: type[D], patient: Patient) -> list[D]:
    """The data points of one kind that the caller may see; the rest is left out without a word."""
    points = [
        one
        for one in who.store.find(kind, "patient", patient.id)
        if not getattr(one, "deleted", False) and sees(who, patient, one)
    ]
    note_others(call, who, points)
    return points


def note_others(call: Call, who: Caller, points: list[D]) -> None:
    """Asks the matrix for what others entered, where there is such a thing among the points."""
    if any(_of_others(who, one) for one in points):
        call.authorise("read_clinical_from_others")


def sees(who: Caller, patient: Patient, point: DataPoint) -> bool:
    """Self, source, consent: a patient sees all, a team what it sent, and whoever has a consent to the label."""
    if who.patient is not None and who.patient.id == patient.id:
        return True
    if who.patient is not None and patient.access_frozen:
        return False
    if _supplied(who, point):
        return True
    return not patient.sharing_disabled and point.label in _labels(who, patient)


def _supplied(who: Caller, point: DataPoint) -> bool:
    source = point.source
    return (who.team is not None and source.team == who.team.id) or source.person == who.self_id


def _labels(who: Caller, patient: Patient) -> set[str]:
    holders = {who.self_id} | ({who.team.id} if who.team else set())
    consents = who.store.find(Consent, "patient", patient.id)
    return {label for one in consents if one.grantee.id in holders and not one.discharged for label in one.labels}


def _of_others(who: Caller, point: DataPoint) -> bool:
    """For a user: not by that user; for a tethered client: not of the team's organisation."""
    if who.user or who.patient:
        return point.source.person != who.self_id
    return point.source.organisation != (who.organisation.id if who.organisation else None)
