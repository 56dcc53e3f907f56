"""Who can sign in: active users and registered patients, by an address and a password of their own."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.domain.record import Record
from sandbox.model import Contact, Name, User
from sandbox.oauth import people
from sandbox.oauth.form import repeated_name
from tests.domain.small_world import FIRST, patient, world

ADA, BEN = "ada@example.org", "ben@example.org"
SCOPES = ("PATIENT", "CLINICIAN")


def registered(record: Record, id_: str = "p-1", emails: tuple[str, ...] = (ADA,), **values: Any) -> None:
    contacts = tuple(Contact(value=email, primary=number == 0) for number, email in enumerate(emails))
    patient(record, id_, **{"contacts": contacts, "registered": True, "password": "pw-1", **values})


def user(record: Record, id_: str = "u-1", **values: Any) -> None:
    attributes = {"email": BEN, "password": "pw-2", "scope": "CLINICIAN", "name": Name(family="Ward"), **values}
    record.store.put(User(id=id_, legacy_id=1, organisation=FIRST, **attributes))


PATIENTS: dict[str, tuple[dict[str, Any], bool, bool]] = {
    "registered": ({}, True, True),
    "not registered": ({"registered": False}, False, False),
    "deceased": ({"deceased": True}, False, False),
    "without a password": ({"password": ""}, False, True),
    "with a second address": ({"emails": ("other@example.org", ADA)}, False, True),
    "with an address in capitals": ({"emails": ("ADA@example.org",)}, True, True),
    "without an address": ({"emails": ()}, False, True),
}
"""What is true of a patient, whether they sign in with their address, and whether their id names somebody."""


@pytest.mark.parametrize("case", PATIENTS)
def test_a_patient_signs_in_if_registered_and_alive(case: str):
    values, signs_in, is_somebody = PATIENTS[case]
    record = world()
    registered(record, **values)
    password = values.get("password", "pw-1")
    person = people.sign_in(record.store, " Ada@Example.org ", password)
    assert (person is not None and person.id == "p-1" and person.scope == "PATIENT") is signs_in
    assert (people.by_id(record.store, "p-1") is not None) is is_somebody


@pytest.mark.parametrize(
    ("values", "signs_in"),
    [({}, True), ({"active": False}, False), ({"password": ""}, False), ({"email": "x@example.org"}, False)],
    ids=str,
)
def test_a_user_signs_in_while_active(values: dict[str, Any], signs_in: bool):
    record = world()
    user(record, **values)
    person = people.sign_in(record.store, BEN, values.get("password", "pw-2"))
    assert (person is not None and person.scope == "CLINICIAN") is signs_in
    assert (people.by_id(record.store, "u-1") is not None) is values.get("active", True)


@pytest.mark.parametrize(("email", "password"), [(ADA, ""), (ADA, "pw-2"), (ADA, "PW-1"), ("", ""), ("x@y.z", "")])
def test_nobody_signs_in_with_another_password(email: str, password: str):
    record = world()
    registered(record)
    assert people.sign_in(record.store, email, password) is None


def test_an_address_of_a_user_who_left_is_that_of_the_next_user_or_patient():
    record = world()
    user(record, "u-1", email=ADA, active=False)
    registered(record)
    assert [person.id for person in [people.by_email(record.store, ADA)] if person] == ["p-1"]
    user(record, "u-2", email=ADA)
    assert [person.id for person in [people.by_email(record.store, ADA)] if person] == ["u-2"]
    assert people.by_id(record.store, "nobody") is None


@pytest.mark.parametrize(
    ("scopes", "ids"),
    [((), []), (("PATIENT",), ["p-1"]), (("CLINICIAN",), ["u-1"]), (SCOPES, ["p-1", "u-1"]), (("TEAMCOORD",), ["u-5"])],
    ids=str,
)
def test_those_who_can_sign_in_are_offered(scopes: tuple[str, ...], ids: list[str]):
    record = world()
    registered(record)
    registered(record, "p-2", registered=False)
    registered(record, "p-3", deceased=True)
    registered(record, "p-4", password="")
    registered(record, "p-5", emails=())
    user(record)
    user(record, "u-2", active=False)
    user(record, "u-3", password="")
    user(record, "u-5", scope="TEAMCOORD")
    assert [person.id for person in people.able_to_sign_in(record.store, scopes)] == ids


@pytest.mark.parametrize(
    ("pairs", "name"),
    [
        ("a=1&b=1&b=2", "b"),
        ("a=1&a=2&b=1&b=2", "a"),
        ("a-b=1&a-b=2", "with a name of its own"),
        (f"{'a' * 30}=1&{'a' * 30}=2", "a" * 30),
        (f"{'a' * 31}=1&{'a' * 31}=2", "with a name of its own"),
        ("a-b=1&a-b=2&c=1&c=2&c=3", "c"),
    ],
)
def test_the_first_repeated_name_of_a_parameter_is_named(pairs: str, name: str):
    fields = [(pair.partition("=")[0], pair.partition("=")[2]) for pair in pairs.split("&")]
    assert repeated_name(fields) == name
