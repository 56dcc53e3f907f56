"""Why an item is suppressed: each rule with the values on both sides of its limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from sandbox.domain.notifications.audience import notify
from sandbox.domain.notifications.suppression import WEEK
from sandbox.domain.record import Cause
from sandbox.model.patient import TIME_SENSITIVE
from tests.domain.notifications.people import (
    ADA,
    BEN,
    consent,
    enable,
    items,
    mails,
    news,
    person,
)
from tests.domain.small_world import NOW, world

MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("event", "at", "reason"),
    [
        ("appointment", None, ""),
        ("appointment", NOW, ""),
        ("appointment", NOW - MOMENT, "in-the-past"),
        ("appointment", NOW - WEEK - MOMENT, "in-the-past"),
        ("document", None, ""),
        ("document", NOW - WEEK, ""),
        ("document", NOW - WEEK - MOMENT, "older-than-a-week"),
        ("message", NOW - WEEK - MOMENT, ""),
    ],
)
def test_what_is_stale_is_not_announced(event: str, at: datetime | None, reason: str):
    record = world()
    notify(record, person(record), news(event, at=at))
    assert items(record)[0] == ("email", ADA, reason)


@pytest.mark.parametrize(
    ("event", "api", "reason"),
    [
        ("allergy", "", ""),
        ("allergy", "rest", ""),
        ("allergy", "hl7", "arrived-by-hl7-or-fhir"),
        ("allergy", "messaging", "arrived-by-hl7-or-fhir"),
        ("allergy", "customer", "arrived-by-hl7-or-fhir"),
        ("measurement", "hl7", ""),
    ],
)
def test_allergies_and_diagnoses_are_announced_if_they_are_entered_by_hand(event: str, api: str, reason: str):
    record = replace(world(), cause=Cause("x-1", api))
    notify(record, person(record), news(event))
    assert items(record) == [("email", ADA, reason)]


@pytest.mark.parametrize(
    ("born", "reason"),
    [
        (None, ""),
        (date(2010, 3, 1), ""),
        (date(2010, 3, 2), "under-16"),
    ],
    ids=str,
)
def test_the_app_is_for_people_from_sixteen_and_e_mail_for_all(born: date | None, reason: str):
    record = world()
    enable(record, notify_nhs_app=True)
    notify(record, person(record, date_of_birth=born), news())
    assert items(record) == [("email", ADA, ""), ("nhs-app", "p-1", reason)]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, ""),
        ({"deceased": True}, "deceased"),
        ({"access_frozen": True}, "frozen"),
        ({"do_not_contact": True}, "do-not-contact"),
        ({"email": ""}, "no-address"),
        ({"registered": False}, "not-registered"),
        ({"notifications": TIME_SENSITIVE}, ""),
        ({"deceased": True, "access_frozen": True, "email": ""}, "deceased"),
    ],
    ids=str,
)
def test_the_state_of_a_person_suppresses_an_e_mail(values: dict[str, Any], reason: str):
    record = world()
    notify(record, person(record, **values), news())
    assert items(record)[0][2] == reason


def test_only_urgent_news_reaches_those_who_prefer_them():
    record = world()
    notify(record, person(record, notifications=TIME_SENSITIVE), news("measurement"))
    assert items(record) == [("email", ADA, "preference")]


@pytest.mark.parametrize(
    ("event", "reasons"),
    [("plan", ("", "not-registered")), ("document", ("not-registered", "not-registered"))],
)
def test_some_news_reach_an_invited_patient_but_never_an_invited_carer(event: str, reasons: tuple[str, str]):
    record = world()
    ada = person(record, registered=False)
    person(record, "p-2", BEN, registered=False)
    consent(record, "p-2")
    notify(record, ada, news(event))
    assert tuple(item.suppressed for item in mails(record)) == reasons


def test_an_invited_patient_has_no_app():
    record = world()
    enable(record, notify_nhs_app=True)
    notify(record, person(record, registered=False), news("message"))
    assert items(record) == [("email", ADA, ""), ("nhs-app", "p-1", "not-registered")]


def test_the_data_of_the_deceased_are_not_announced_to_carers():
    record = world()
    ada = person(record, deceased=True)
    person(record, "p-2", BEN)
    consent(record, "p-2")
    notify(record, ada, news("plan"))
    assert [reason for _, _, reason in items(record)] == ["deceased", "deceased"]
