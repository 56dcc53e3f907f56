"""Row level: which patients and identifiers a caller may see; data points are the matter of `visibility`.

Sources: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364618357 (Facade);
https://manual.patientsknowbest.com/patient/sharing
"""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.access.principal import Principal
from sandbox.access.visibility import Access, access_to, is_patient_of
from sandbox.domain.data_points.kinds import KINDS, is_current
from sandbox.errors import Forbidden
from sandbox.model import DataPoint, LocalIdType, Message, Patient, Team, User
from sandbox.store import Store


def check_not_frozen(principal: Principal) -> None:
    """A patient whose access is frozen sees nothing of their own. Raises Forbidden with PKB's response code."""
    patient = principal.workspace.store.find_one(Patient, principal.user)
    if patient is not None and patient.access_frozen:
        raise Forbidden("", code="ACCESS_FROZEN_OUTWARD", rule="access.frozen", instead="a patient who is not frozen")


def sees_patient(principal: Principal, patient: Patient) -> bool:
    """Whether the caller may see the demographics: of a patient in care, and of the subject of any data that it sees.

    A team sees what it supplied itself when the patient has been discharged, too.
    """
    access = access_to(principal, patient)
    return access.open and (_in_care(access, patient) or any(_supplied(principal.workspace.store, access, patient)))


def is_in_care(principal: Principal, patient: Patient) -> bool:
    """Whether the caller has to do with the patient today, and not only with what it supplied in the past.

    An organisation's own patients, a granting team's, the patient; for whoever else a consent must live.
    """
    access = access_to(principal, patient)
    return access.open and _in_care(access, patient)


def _in_care(access: Access, patient: Patient) -> bool:
    related = access.purview.kind == "organisation" and is_patient_of(access.purview, patient)
    return access.is_self or access.covered or related


def _supplied(store: Store, access: Access, patient: Patient) -> Iterator[DataPoint]:
    """The data points of a record that the caller supplied or took part in, and may see."""
    purview = access.purview
    suppliers = [(patient.id, supplier) for supplier in (*purview.teams, purview.person) if supplier is not None]
    points = (point for kind in KINDS.values() for key in suppliers for point in store.find(kind, "supplier", key))
    yield from (point for point in points if is_current(point) and access.sees(point))
    if purview.person is not None and store.ids(Message, "participant", purview.person):
        messages = store.find(Message, "patient", patient.id)
        yield from (message for message in messages if is_current(message) and access.sees(message))


def sees_identifier_type(principal: Principal, kind: LocalIdType) -> bool:
    """Local numbers show to their own organisation; a team's to that team, and to the patient's apps."""
    if principal.organisation is None:
        return principal.scope == "PATIENT" or _works_for(principal, kind.organisation)
    teams = principal.granting_teams
    return kind.organisation == principal.organisation and (kind.team is None or not teams or kind.team in teams)


def _works_for(principal: Principal, organisation: str) -> bool:
    """A professional of the organisation, or a client tethered to one of its teams."""
    store = principal.workspace.store
    works = store.find_one(User, principal.user) or store.find_one(Team, principal.team)
    return works is not None and works.organisation == organisation
