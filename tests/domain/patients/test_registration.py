"""Invitations and registration at their limits, without a server: codes, ages, addresses, passwords."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from sandbox.domain.patients import invitations, registration
from sandbox.domain.patients.invitations import LIFETIME
from sandbox.domain.patients.registration import Application
from sandbox.domain.record import Record
from sandbox.errors import Conflict, Invalid
from sandbox.model import Address, Contact, Invitation, Name, Organisation, OutboxItem, Patient, Team, User
from tests.domain.small_world import FIRST, MAIN, NOW, patient, world

BORN, EMAIL, PASSWORD = date(1980, 2, 29), "ada@example.org", "Sandbox-12"
SIXTEEN, YOUNGER = date(2010, 3, 1), date(2010, 3, 2)
"""Born sixteen years before the day of the world, and a day later."""


def invited(email: str = "", **values: Any) -> tuple[Record, Patient, Application]:
    """A world with an invited patient, and what they enter."""
    record = world()
    person = patient(record, **values)
    invitation = invitations.invite(record, person, record.store.get(Organisation, FIRST), email)
    filled = Application(
        code=invitation.id, access_code=invitation.access_code, date_of_birth=BORN, email=EMAIL, password=PASSWORD
    )
    return record, person, filled


def contact(value: str, **values: bool) -> Contact:
    return Contact(value=value, **values)


@pytest.mark.parametrize(
    ("contacts", "expected"),
    [
        ((), [(EMAIL, True, True)]),
        ((contact(EMAIL, primary=True),), [(EMAIL, True, True)]),
        ((contact("ADA@example.org", primary=True),), [("ADA@example.org", True, True)]),
        ((contact("b@c.d", primary=True),), [("b@c.d", False, False), (EMAIL, True, True)]),
        (
            (contact("b@c.d", primary=True, confirmed=True), contact(EMAIL)),
            [("b@c.d", False, True), (EMAIL, True, True)],
        ),
    ],
)
def test_the_address_of_a_registration_is_primary_and_confirmed(
    contacts: tuple[Contact, ...], expected: list[tuple[str, bool, bool]]
):
    record, person, filled = invited(contacts=contacts)
    after = registration.register(record, person, filled)
    assert [(row.value, row.primary, row.confirmed) for row in after.contacts] == expected
    assert (after.registered, after.activated, after.date_of_birth, after.password) == (True, True, BORN, PASSWORD)
    assert after.registration_changed_at == after.updated_at == NOW
    assert record.store.get(Patient, person.id) == after


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"registered": True}, "The patient is already registered"),
        ({"deceased": True}, "The patient is deceased"),
        ({"registered": True, "deceased": True}, "The patient is deceased"),
    ],
    ids=str,
)
def test_who_is_registered_or_dead_cannot_register(values: dict[str, Any], text: str):
    record, person, filled = invited(**values)
    with pytest.raises(Conflict, match=text):
        registration.register(record, person, filled)


@pytest.mark.parametrize(
    "changes",
    [{"code": "x"}, {"code": ""}, {"access_code": "x"}, {"access_code": ""}, {"code": "x", "access_code": ""}],
    ids=str,
)
def test_both_codes_must_be_those_of_the_invitation(changes: dict[str, Any]):
    record, person, filled = invited()
    with pytest.raises(Invalid, match="do not match an invitation"):
        registration.register(record, person, replace(filled, **changes))


def test_codes_of_another_patient_are_wrong_and_capitals_and_spaces_are_not():
    record, person, filled = invited()
    with pytest.raises(Invalid, match="do not match an invitation"):
        registration.register(record, patient(record, "p-2"), filled)
    spelt = replace(filled, code=f" {filled.code.upper()} ", access_code=f" {filled.access_code.upper()} ")
    assert registration.register(record, person, spelt).registered


@pytest.mark.parametrize(("late", "is_expired"), [(-1, False), (0, True)])
def test_an_invitation_ends_after_its_weeks(late: int, is_expired: bool):
    record, person, filled = invited()
    assert record.store.get(Invitation, filled.code).expires_at == NOW + LIFETIME
    record.clock.advance(LIFETIME + timedelta(seconds=late))
    if is_expired:
        with pytest.raises(Conflict, match="has expired"):
            registration.register(record, person, filled)
    else:
        assert registration.register(record, person, filled).registered


@pytest.mark.parametrize(
    ("born", "email", "is_refused"),
    [(SIXTEEN, "", False), (YOUNGER, "", True), (YOUNGER, "parent@example.org", False)],
)
def test_a_child_registers_with_an_invitation_by_email(born: date, email: str, is_refused: bool):
    record, person, filled = invited(email)
    filled = replace(filled, date_of_birth=born)
    if is_refused:
        with pytest.raises(Conflict, match="under 16"):
            registration.register(record, person, filled)
    else:
        assert registration.register(record, person, filled).date_of_birth == born


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"date_of_birth": date(1980, 2, 28)}, "date of birth"),
        ({"password": "Sandbox-1"}, "at least 10 characters"),
        ({"password": "sandbox-123"}, "upper and lower"),
        ({"password": "SANDBOX-123"}, "upper and lower"),
        ({"password": "Sandbox-abc"}, "a digit"),
        ({"password": "Sandbox1234"}, "special"),
        ({"email": "a b@c"}, "must be an e-mail address"),
        ({"email": "a@b@c"}, "must be an e-mail address"),
        ({"email": "@c"}, "must be an e-mail address"),
        ({"email": "TAKEN@example.org"}, "belongs to another person"),
        ({"email": "User@example.org"}, "belongs to another person"),
    ],
    ids=str,
)
def test_what_is_entered_must_be_right(changes: dict[str, Any], text: str):
    record, person, filled = invited(date_of_birth=BORN, contacts=(contact("own@example.org", primary=True),))
    patient(record, "p-2", contacts=(contact("taken@example.org", primary=True),))
    record.store.put(
        User(id="u", legacy_id=1, name=Name(), email="user@example.org", password="", scope="", organisation=FIRST)
    )
    with pytest.raises(Invalid, match=text):
        registration.register(record, person, replace(filled, **changes))
    assert registration.register(record, person, replace(filled, email="OWN@example.org")).registered


# --- letters ---


@pytest.mark.parametrize(
    ("alias", "email", "path"),
    [
        (False, "", "/join/?t1=a&t2=b"),
        (True, "", "/join/main?t1=a&t2=b"),
        (True, "a@b", "/join/main?t1=a&t2=b&e=a%40b"),
    ],
)
def test_a_link_to_join_has_the_codes_the_team_and_the_address(alias: bool, email: str, path: str):
    record = world()
    invitation = Invitation(id="a", access_code="b", patient="p", organisation=FIRST, created_at=NOW, expires_at=NOW)
    assert invitations.join_link(invitation, record.store.get(Team, MAIN) if alias else None, email) == path


@pytest.mark.parametrize(
    ("values", "can"),
    [
        ({"date_of_birth": SIXTEEN}, True),
        ({"date_of_birth": YOUNGER}, False),
        ({}, False),
        ({"date_of_birth": BORN, "registered": True}, False),
        ({"date_of_birth": BORN, "deceased": True}, False),
    ],
    ids=str,
)
def test_an_adult_who_is_alive_and_not_registered_can_be_invited(values: dict[str, Any], can: bool):
    record = world()
    person = patient(record, **values)
    assert invitations.can_be_invited(record, person, record.store.get(Organisation, FIRST)) is can


@pytest.mark.parametrize(("born", "is_child"), [(None, False), (SIXTEEN, False), (YOUNGER, True)])
def test_who_is_known_to_be_under_sixteen_is_a_child(born: date | None, is_child: bool):
    assert invitations.is_child(world(), born) is is_child


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"deceased": True, "registered": True}, "deceased"),
        ({"registered": True}, "registered"),
        ({"date_of_birth": YOUNGER}, "under-16"),
        ({}, None),
    ],
    ids=str,
)
def test_a_letter_that_is_not_written_has_its_reason(values: dict[str, Any], reason: str | None):
    record = world()
    address = Address(line1="1 High Street", city="", postcode="N1 1AA")
    invitations.keep_letter_back(
        record, patient(record, address=address, **values), record.store.get(Organisation, FIRST)
    )
    items = list(record.store.all(OutboxItem))
    assert [item.suppressed for item in items] == ([] if reason is None else [reason])
    assert [item.to for item in items] == ["Ada Byrne, 1 High Street, N1 1AA"] * len(items)
    assert [item.channel for item in items] == ["letter"] * len(items)


def test_a_letter_has_the_codes_and_the_link():
    record = world()
    person = patient(record, date_of_birth=BORN, contacts=(contact(EMAIL, primary=True),))
    organisation, team = record.store.get(Organisation, FIRST), record.store.get(Team, MAIN)
    invitation = invitations.invite_by_letter(record, person, organisation, team)
    (letter,) = record.store.all(OutboxItem)
    assert letter.links == (f"/join/main?t1={invitation.id}&t2={invitation.access_code}&e=ada%40example.org",)
    assert f"Invitation code: {invitation.id}. Access code: {invitation.access_code}." in letter.text
    assert letter.suppressed == ""
