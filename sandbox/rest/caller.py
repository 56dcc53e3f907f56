"""The caller of the Custom REST API: a patient, a professional, or a team through its client.

Source: *Scopes*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364421658/Scopes
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.access.principal import Principal
from sandbox.access.purview import is_in_care, sees_patient
from sandbox.domain.record import Record
from sandbox.errors import NotFound
from sandbox.http.call import Call
from sandbox.model import DataPoint, Organisation, Patient, Source, Team, User
from sandbox.store import Store

LONGEST_ID = 40


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller and its entity: `patient` or `user`, or only `team` for a tethered client."""

    principal: Principal
    patient: Patient | None
    user: User | None
    team: Team | None

    @property
    def record(self) -> Record:
        return self.principal.workspace.record

    @property
    def store(self) -> Store:
        return self.principal.workspace.store

    @property
    def now(self) -> datetime:
        return self.principal.workspace.clock.now()

    @property
    def organisation(self) -> Organisation | None:
        """The organisation of a professional or team; a patient has none."""
        id_ = self.user.organisation if self.user else self.team.organisation if self.team else None
        return self.store.find_one(Organisation, id_)

    @property
    def self_id(self) -> str:
        """The public id of the caller."""
        entity = self.patient or self.user or self.team
        return entity.id if entity else ""

    def own_record(self) -> Patient:
        """Return the calling patient's record, for operations of scope PATIENT."""
        if self.patient is None:
            raise not_found("patient")
        return self.patient

    def patient_named(self, id_: str) -> Patient:
        """Return a patient by legacy or public id, for reading. Raises NotFound if the caller may not see the
        demographics.
        """
        return self._patient(id_, sees_patient)

    def patient_in_care(self, id_: str) -> Patient:
        """Return a patient for changes: the patient must be in the caller's care now."""
        return self._patient(id_, is_in_care)

    def _patient(self, id_: str, may: Callable[[Principal, Patient], bool]) -> Patient:
        patient: Patient | None = by_id(self.store, Patient, id_)
        if patient is None or not (patient.id == self.self_id or may(self.principal, patient)):
            raise not_found("patient")
        return patient

    def supplied(self, point: DataPoint) -> bool:
        """Return whether a data point came from the caller, or from the caller's team."""
        source = point.source
        return source.person == self.self_id or (self.team is not None and source.team == self.team.id)

    def source(self) -> Source:
        """Return the source of data that the caller writes: the team and the person, or only a patient."""
        person = self.user or self.patient
        return Source(
            organisation=self.organisation.id if self.organisation else None,
            team=self.team.id if self.team else None,
            person=person.id if person else None,
            partner=self.principal.credential.partner,
            route="" if person else "REST_API",
        )


def caller_of(call: Call) -> Caller:
    """Return the caller of an operation that is not public."""
    principal = call.caller
    store = principal.workspace.store
    user = store.find_one(User, principal.user)
    patient = store.find_one(Patient, principal.user)
    return Caller(principal, patient, user, store.find_one(Team, user.team if user else principal.team))


def by_id(store: Store, kind: type[Any], id_: str) -> Any:
    """Return the entity with a public id, or with a legacy id in digits, or None."""
    # A long number would take quadratic time to convert, and no id is that long.
    if len(id_) > LONGEST_ID:
        return None
    # A public id is a UUID, which is never digits alone.
    if id_.isascii() and id_.isdigit():
        key: Any = int(id_) if "legacy_id" in kind.__dataclass_fields__ else id_
        return next(iter(store.find(kind, "legacy_id", key)), None)
    return store.find_one(kind, id_.lower())


def not_found(what: str) -> NotFound:
    """Build the same refusal for a missing and a hidden entity, so that it reveals nothing."""
    return NotFound(
        f"There is no {what} with that id",
        rule="errors/error.NOT_FOUND",
        instead=f"the legacy or public id of a {what} that you may see",
    )
