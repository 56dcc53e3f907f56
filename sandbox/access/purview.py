"""Row-level access: the patients and identifiers that a caller may see. For data points see `visibility`.

Sources: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364618357 (Facade);
https://manual.patientsknowbest.com/patient/sharing
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sandbox.access.principal import Principal
from sandbox.access.visibility import Access, access_to, is_patient_of
from sandbox.domain.data_points.kinds import KINDS, is_current
from sandbox.errors import Forbidden
from sandbox.model import DataPoint, LocalIdType, Message, Patient, Team, User
from sandbox.store import Store


def check_not_frozen(principal: Principal) -> None:
    """Raise Forbidden, with PKB's response code, for a patient whose access is frozen."""
    patient = principal.workspace.store.find_one(Patient, principal.user)
    if patient is not None and patient.access_frozen:
        raise Forbidden(
            "", code="ACCESS_FROZEN_OUTWARD", rule="access.frozen", instead="a patient whose access is not frozen"
        )


def sees_patient(principal: Principal, patient: Patient) -> bool:
    """Return whether the caller may see the demographics: of a patient in care, and of the patient of any visible
    data.

    A team still sees the data that it supplied when the patient has been discharged.
    """
    access = access_to(principal, patient)
    return access.open and (
        _in_care(access, patient) or any(_supplied_points(principal.workspace.store, access, patient))
    )


def is_in_care(principal: Principal, patient: Patient) -> bool:
    """Return whether the patient is in the caller's care now, and not only through data that it supplied in the past.

    In care are an organisation's own patients, a granting team's patients and the patient; other callers need an
    active consent.
    """
    access = access_to(principal, patient)
    return access.open and _in_care(access, patient)


def _in_care(access: Access, patient: Patient) -> bool:
    related = access.purview.kind == "organisation" and is_patient_of(access.purview, patient)
    return access.is_self or access.covered or related


def _supplied_points(store: Store, access: Access, patient: Patient) -> Iterator[DataPoint]:
    """Iterate over the data points of a record that the caller supplied or takes part in, and may see."""
    purview = access.purview
    suppliers = [(patient.id, supplier) for supplier in (*purview.teams, purview.person) if supplier is not None]
    # Lazily: one visible data point is enough for its callers.
    points = (point for kind in KINDS.values() for key in suppliers for point in store.find(kind, "supplier", key))
    yield from (point for point in points if is_current(point) and access.sees(point))
    if purview.person is not None and store.ids(Message, "participant", purview.person):
        messages = store.find(Message, "patient", patient.id)
        yield from (message for message in messages if is_current(message) and access.sees(message))


class LocalNumbers(NamedTuple):
    """The local numbers that a caller may see: all, or an organisation's, limited to its teams if `teams` is not
    empty.
    """

    everybody: bool
    organisation: str | None
    teams: frozenset[str]

    def include(self, kind: LocalIdType) -> bool:
        """Return whether numbers of a type are visible."""
        is_of_team = kind.team is None or not self.teams or kind.team in self.teams
        return self.everybody or (kind.organisation == self.organisation and is_of_team)


def local_numbers(principal: Principal) -> LocalNumbers:
    """Limit local numbers to their own organisation, and a team's numbers to that team; a patient's apps see all."""
    if principal.organisation is not None:
        return LocalNumbers(everybody=False, organisation=principal.organisation, teams=principal.granting_teams)
    if principal.scope == "PATIENT":
        return LocalNumbers(everybody=True, organisation=None, teams=frozenset())
    return LocalNumbers(everybody=False, organisation=_employer(principal), teams=frozenset())


def sees_identifier_type(principal: Principal, kind: LocalIdType) -> bool:
    """Return whether the caller may see local numbers of a type."""
    return local_numbers(principal).include(kind)


def _employer(principal: Principal) -> str | None:
    """Return the organisation of a professional, or of the team to which a client is tethered."""
    store = principal.workspace.store
    works = store.find_one(User, principal.user) or store.find_one(Team, principal.team)
    return works.organisation if works else None
