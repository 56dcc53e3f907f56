"""The subject of an example request: a credential of this world, its organisation, and a patient that it may see."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TypeVar

from sandbox.base.clock import instant
from sandbox.domain.patients.sign_in import patients_able_to_sign_in
from sandbox.errors import NotFound
from sandbox.http.call import Call
from sandbox.model import Credential, Endpoint, Grant, Organisation, Patient, Team, User
from sandbox.oauth import people
from sandbox.worlds.workspace import Workspace

_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")
MOST_LOOKED_AT = 500
"""Maximum number of patients among whom an example looks for a suitable one: a world may have a million."""
MOST_OFFERED = 12
"""Maximum number of credentials that a page offers to choose from."""


class MissingFromWorld(NotFound):
    """The world lacks what an example needs; the text says what."""


@dataclass
class CellStage:
    """A credential of a kind in a world, the first unless its id is set, and what goes with it. Properties raise
    MissingFromWorld.
    """

    workspace: Workspace
    kind: str
    id: str = ""

    @cached_property
    def credential(self) -> Credential:
        of_kind = (c for c in self.workspace.store.all(Credential) if c.kind == self.kind and not c.revoked)
        credentials = (c for c in of_kind if self.id in ("", c.id))
        missing = f"{self.id[:80]!r} is not a {self.kind} of this world." if self.id else ""
        return _first(credentials, missing or f"This world has no {self.kind}: issue one at step 4.")

    @cached_property
    def grant(self) -> Grant | None:
        """The first grant to the partner, if any; an App and a Customer have none."""
        if self.credential.partner is None or not self.needs_grant:
            return None
        return next(iter(self.workspace.store.find(Grant, "partner", self.credential.partner)), None)

    @property
    def needs_grant(self) -> bool:
        """Whether calls of this kind of credential need an organisation's grant."""
        return self.kind in ("hl7-partner", "system-client")

    @cached_property
    def organisation(self) -> Organisation:
        store = self.workspace.store
        id_ = self.grant.organisation if self.grant else self.credential.organisation
        if id_ is not None:
            return store.get(Organisation, id_)
        return _first(store.all(Organisation), "This world has no organisation.")

    @cached_property
    def user(self) -> str:
        """The id of the person who signs in to an App: a patient, if its scopes allow that."""
        if "PATIENT" in self.credential.scopes:
            return self.patient.id
        scopes = self.credential.scopes
        users = (user for user in self.workspace.store.all(User) if user.active and user.scope in scopes)
        return _first(users, f"Nobody can sign in to {self.credential.id}.").id

    @property
    def user_name(self) -> str:
        """The name of that person."""
        person = people.by_id(self.workspace.store, self.user)
        return person.name if person else ""

    @cached_property
    def patient(self) -> Patient:
        """A registered patient with an NHS number whom the caller may see."""
        fits = (p for p in self._patients() if nhs_number(p) and p.registered and not p.deceased)
        return _first(fits, "This world has no registered patient with an NHS number for this credential.")

    @cached_property
    def shared_patient(self) -> Patient:
        """A patient with data from others: another organisation looks after them too. An App reads its own user."""
        if self.kind == "user-client":
            return self.patient
        several = (p for p in self._patients() if len(p.organisations) > 1 and nhs_number(p) and p.registered)
        return next(several, self.patient)

    def _patients(self) -> Iterator[Patient]:
        """The first patients of the team or organisation, or those who can sign in to an App."""
        store = self.workspace.store
        if self.kind == "user-client":
            yield from (patient for patient in patients_able_to_sign_in(store) if patient.email)
            return
        team = self.credential.team or (self.grant.team if self.grant else None)
        ids = store.ids(Patient, "team", team) if team else store.ids(Patient, "organisation", self.organisation.id)
        for id_ in islice(ids, MOST_LOOKED_AT):
            yield store.get(Patient, id_)

    def credential_ids(self) -> list[str]:
        """The ids of some credentials of the kind, this one included."""
        of_kind = (c.id for c in self.workspace.store.all(Credential) if c.kind == self.kind and not c.revoked)
        return list(islice(of_kind, MOST_OFFERED))

    def endpoint(self) -> Endpoint:
        """A Customer endpoint of the organisation, R4 before STU3."""
        endpoints = sorted(self.organisation.endpoints, key=lambda endpoint: endpoint.release != "r4")
        return _first(iter(endpoints), f"{self.organisation.name} has no Customer endpoint.")

    def other_endpoint(self) -> Endpoint:
        others = (o for o in self.workspace.store.all(Organisation) if o.id != self.organisation.id)
        return _first((e for o in others for e in o.endpoints), "This world has no other Customer endpoint.")

    def filled(self, text: str, encode: Callable[[str], str]) -> str:
        """Return a text with its placeholders replaced by values of the world, encoded. Raises MissingFromWorld."""
        return _PLACEHOLDER.sub(lambda match: encode(VALUES[match[1]](self)), text)


def chosen_credential(call: Call) -> str:
    """Return the id of the credential that the address names; empty for the first of its kind."""
    return call.request.query_params.get("credential", "")


def nhs_number(patient: Patient) -> str:
    return next((identifier.value for identifier in patient.identifiers if identifier.type == "NHS"), "")


T = TypeVar("T")


def _first(values: Iterator[T], otherwise: str) -> T:
    value = next(values, None)
    if value is None:
        raise MissingFromWorld(otherwise)
    return value


def _sender(stage: CellStage) -> str:
    """MSH-4: a partner names the Customer by its alias."""
    if stage.grant is not None:
        return f"{stage.grant.alias}{{{stage.grant.alias}}}"
    return stage.organisation.code or "HOSPITAL"


def _team_alias(stage: CellStage) -> str:
    id_ = (stage.grant.team if stage.grant else None) or stage.organisation.default_team
    team = stage.workspace.store.find_one(Team, id_)
    return team.alias if team else ""


VALUES: dict[str, Callable[[CellStage], str]] = {
    "organisation": lambda stage: stage.organisation.id,
    "organisation_name": lambda stage: stage.organisation.name,
    "organisation_code": lambda stage: stage.organisation.code,
    "sender": _sender,
    "team_alias": _team_alias,
    "now": lambda stage: f"{stage.workspace.clock.now():%Y%m%d%H%M%S}",
    "control_id": lambda stage: f"example-{stage.workspace.clock.now():%H%M%S%f}",
    "taken_at": lambda stage: instant(stage.workspace.clock.now()),
    "patient": lambda stage: stage.patient.id,
    "legacy_id": lambda stage: str(stage.patient.legacy_id),
    "nhs_number": lambda stage: nhs_number(stage.patient),
    "shared_patient": lambda stage: stage.shared_patient.id,
    "shared_legacy_id": lambda stage: str(stage.shared_patient.legacy_id),
    "shared_nhs_number": lambda stage: nhs_number(stage.shared_patient),
    "endpoint": lambda stage: stage.endpoint().name,
    "other_endpoint": lambda stage: stage.other_endpoint().name,
}
"""Placeholder → its value."""
