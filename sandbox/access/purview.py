"""Row level: which patients and identifiers a caller may see; data points are the matter of `visibility`.

Sources: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364618357 (Facade);
https://manual.patientsknowbest.com/patient/sharing
"""

from __future__ import annotations

from sandbox.access.principal import Principal
from sandbox.access.visibility import access_to
from sandbox.errors import Forbidden
from sandbox.model import LocalIdType, Patient, Team, User


def check_not_frozen(principal: Principal) -> None:
    """A patient whose access is frozen sees nothing of their own. Raises Forbidden with PKB's response code."""
    patient = principal.workspace.store.find_one(Patient, principal.user)
    if patient is not None and patient.access_frozen:
        raise Forbidden("", code="ACCESS_FROZEN_OUTWARD", rule="access.frozen", instead="a patient who is not frozen")


def sees_patient(principal: Principal, patient: Patient) -> bool:
    """Whether the caller may know of this record at all.

    An organisation's own patients, a granting team's, the patient; whoever else has a consent that lives.
    """
    access = access_to(principal, patient)
    return access.open and (access.is_self or access.covered or access.purview.kind == "organisation")


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
