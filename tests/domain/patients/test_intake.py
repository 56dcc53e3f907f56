"""Taking in demographics: create, update, rehearse. Source: *ADT A28*, pages/3365078168."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.domain.patients import intake
from sandbox.domain.patients.membership import TeamChange
from sandbox.domain.record import Record
from sandbox.errors import Invalid
from sandbox.model import Consent, Demographics, Identifier, Invitation, OutboxItem, Patient, SentIdentifier
from tests.domain.small_world import HOSPITAL, NOW, patient, sender, world

LOCAL = SentIdentifier(value="7", assigning_authority="HOSP", type_code="MR")
ADA = Demographics(identifiers=(LOCAL,), given="Ada", family="Byrne", emails=("a@example.org",))


def accepted(record: Record, demographics: Demographics, at=NOW) -> Patient:
    patient = intake.look_up(
        record, sender(record), intake.sort_identifiers(record, sender(record), demographics).recognised
    )
    return intake.accept(record, sender(record), demographics, patient, TeamChange(), at)


def test_a_person_is_created_with_team_consent_and_invitation():
    record = world()
    ada = accepted(record, ADA)
    assert record.store.get(Patient, ada.id) == ada
    assert (ada.identifiers, ada.email) == ((Identifier(type=HOSPITAL, value="7"),), "a@example.org")
    assert (record.store.count(Consent), record.store.count(OutboxItem)) == (1, 1)


def test_the_same_person_again_changes_nothing():
    record = world()
    ada = accepted(record, ADA)
    record.clock.advance(timedelta(hours=1))
    assert accepted(record, ADA) == ada


def test_a_rehearsal_changes_nothing():
    record = world()
    changes = record.store.rehearse(lambda: accepted(record, ADA))
    assert [type(after) for _, after in changes if after] == [Consent, Invitation, OutboxItem, Patient]
    assert [record.store.count(kind) for kind in (Patient, Consent, Invitation, OutboxItem)] == [0, 0, 0, 0]


def test_a_rehearsal_refuses_what_would_be_refused():
    record = world()
    demographics = Demographics(identifiers=(LOCAL,))
    with pytest.raises(Invalid, match=r"^Cannot create patient missing these fields: givenName, surname$"):
        record.store.rehearse(lambda: accepted(record, demographics))


def test_strict_demographics_demand_birth_and_gender_too():
    with pytest.raises(Invalid, match=r"missing these fields: dateOfBirth, gender$"):
        accepted(world(strict_demographics=True), ADA)


@pytest.mark.parametrize(("hours", "city"), [(-1, ""), (0, "Leeds"), (1, "Leeds")])
def test_only_what_is_not_older_than_the_record_changes_it(hours, city):
    record = world()
    patient(record, identifiers=(Identifier(type=HOSPITAL, value="7"),))
    demographics = Demographics(identifiers=(LOCAL,), city="Leeds")
    assert accepted(record, demographics, NOW + timedelta(hours=hours)).address.city == city
