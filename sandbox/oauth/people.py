"""Sign-in of patients, professionals and coordinators, with e-mail and password.

Sources: *Code grant*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365013193 ; *Entity: Patient* for who
cannot
"""

from __future__ import annotations

import hmac
from collections.abc import Container, Iterator
from dataclasses import dataclass

from sandbox.domain.patients.sign_in import patients_able_to_sign_in
from sandbox.model import Patient, User
from sandbox.store import Store

PATIENT = "PATIENT"


@dataclass(frozen=True, slots=True)
class Person:
    """A person who can grant a client access; `scope` is their user type."""

    id: str
    name: str
    email: str
    scope: str
    password: str


def by_email(store: Store, email: str) -> Person | None:
    """Return the person who signs in with an address. Unregistered and deceased patients cannot."""
    key = email.strip().casefold()
    for user in store.find(User, "email", key):
        if not user.active:
            continue
        return Person(user.id, user.name.display, user.email, user.scope, user.password)
    for patient in store.find(Patient, "email", key):
        # The index has every address of a patient; only the primary one signs in.
        if patient.email.casefold() == key:
            return _patient(patient)
    return None


def by_id(store: Store, id_: str) -> Person | None:
    """Return the person with an id, under the same rules."""
    user = store.find_one(User, id_)
    if user is not None and user.active:
        return Person(user.id, user.name.display, user.email, user.scope, user.password)
    patient = store.find_one(Patient, id_)
    return _patient(patient) if patient else None


def able_to_sign_in(store: Store, scopes: Container[str]) -> Iterator[Person]:
    """Iterate over the people who can grant a client some scopes, patients first, in the order of the world."""
    if PATIENT in scopes:
        patients = (_patient(patient) for patient in patients_able_to_sign_in(store))
        yield from (person for person in patients if person is not None and person.email)
    for user in store.all(User):
        if user.active and user.scope in scopes and user.password:
            yield Person(user.id, user.name.display, user.email, user.scope, user.password)


def _patient(patient: Patient) -> Person | None:
    if not patient.registered or patient.deceased:
        return None
    return Person(patient.id, patient.name.display, patient.email, PATIENT, patient.password)


def sign_in(store: Store, email: str, password: str) -> Person | None:
    """Return the person if the password is right; compared in constant time, also for unknown addresses."""
    person = by_email(store, email)
    right = hmac.compare_digest((person.password if person else "").encode(), password.encode())
    return person if right and person and person.password else None
