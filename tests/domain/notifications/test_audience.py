"""Who is notified and by which channel: each rule with the values on both sides of its limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from sandbox.domain import due
from sandbox.domain.notifications import outbox
from sandbox.domain.notifications.audience import REMINDER, WEEK, News, carers, next_morning, notify, remind
from sandbox.domain.record import Cause, Record
from sandbox.model import About, Consent, Contact, Grantee, Name, Options, Organisation, OutboxItem, Patient
from sandbox.model.patient import TIME_SENSITIVE
from tests.domain.small_world import FIRST, NOW, patient, world

ADA, BEN = "ada@example.org", "ben@example.org"
LABEL = "GENERAL_HEALTH"
DOCUMENT = About(kind="document", id="d-1")


def person(record: Record, id_: str = "p-1", email: str = ADA, **values: Any) -> Patient:
    """A registered patient with an e-mail address, if any."""
    contacts = (Contact(value=email, primary=True),) if email else ()
    return patient(record, id_, **{"contacts": contacts, "registered": True, **values})


def consent(record: Record, grantee: str, kind: str = "carer", **values: Any) -> None:
    granted = {"labels": (LABEL,), **values}
    named = Grantee(kind=kind, id=grantee)
    record.store.put(Consent(id=f"c-{grantee}", patient="p-1", grantee=named, updated_at=NOW, **granted))


def enable(record: Record, **options: Any) -> None:
    organisation = record.store.get(Organisation, FIRST)
    record.store.put(replace(organisation, options=Options(**options)))


def news(event: str = "document", **values: Any) -> News:
    return News(event=event, about=DOCUMENT, organisation=FIRST, **values)


def items(record: Record) -> list[tuple[str, str, str]]:
    """Channel, recipient and reason of suppression of each item."""
    return [(item.channel, item.to, item.suppressed) for item in record.store.all(OutboxItem)]


def mails(record: Record) -> list[OutboxItem]:
    return [item for item in record.store.all(OutboxItem) if item.channel == "email"]


def texts(record: Record) -> list[str]:
    return [item.text.partition(", ")[2] for item in mails(record)]


# --- carers ---


@pytest.mark.parametrize(
    ("values", "is_told"),
    [
        ({}, True),
        ({"kind": "professional"}, False),
        ({"discharged": True}, False),
        ({"labels": ()}, False),
        ({"labels": ("MENTAL_HEALTH",)}, False),
        ({"labels": ("MENTAL_HEALTH", LABEL)}, True),
    ],
    ids=str,
)
def test_a_carer_is_told_of_data_with_a_label_that_they_may_see(values: dict[str, Any], is_told: bool):
    record = world()
    ada = person(record)
    person(record, "p-2", BEN)
    consent(record, "p-2", **values)
    assert [carer.id for carer in carers(record, ada, LABEL)] == ["p-2"] * is_told
    notify(record, ada, news())
    assert (("email", BEN, "") in items(record)) is is_told


def test_a_sharing_change_is_not_for_carers_but_for_those_that_it_names():
    record = world()
    ada, ben = person(record), person(record, "p-2", BEN)
    consent(record, "p-2")
    notify(record, ada, news("sharing"))
    assert items(record) == [("email", ADA, "")]
    notify(record, ada, news("sharing", also=(ben,)))
    assert items(record)[1:] == [("email", ADA, ""), ("email", BEN, "")]


def test_the_text_says_whose_record_it_is_and_what_is_new():
    record = world()
    ada = person(record)
    person(record, "p-2", BEN, name=Name(given="Ben", family="Carer"))
    consent(record, "p-2")
    notify(record, ada, news(title="Clinic letter"))
    notify(record, ada, news())
    assert texts(record) == [
        "there is a new document in your record in Patients Know Best: Clinic letter",
        "there is a new document in the record of Ada Byrne in Patients Know Best: Clinic letter",
        "there is a new document in your record in Patients Know Best",
        "there is a new document in the record of Ada Byrne in Patients Know Best",
    ]
    assert [item.text.partition(",")[0] for item in mails(record)][:2] == ["Ada Byrne", "Ben Carer"]


@pytest.mark.parametrize(
    ("values", "links"),
    [
        ({}, ("/inbox",)),
        ({"link": "/own"}, ("/own",)),
        ({"url": "https://example.org/"}, ("/inbox", "https://example.org/")),
    ],
    ids=str,
)
def test_the_link_of_the_news_replaces_that_of_the_event(values: dict[str, Any], links: tuple[str, ...]):
    record = world()
    notify(record, person(record), news("message", **values))
    (item,) = mails(record)
    assert item.links == links


# --- channels ---


@pytest.mark.parametrize(
    ("options", "sms", "channels"),
    [
        ({}, False, [("email", "")]),
        ({"notify_nhs_app": True}, False, [("email", ""), ("nhs-app", "")]),
        ({"notify_nhs_app": True, "notify_sms": True}, True, [("email", ""), ("nhs-app", ""), ("sms", "registered")]),
        ({}, True, [("email", ""), ("sms", "organisation-option")]),
    ],
    ids=str,
)
def test_the_organisation_decides_on_the_app_and_text_messages(
    options: dict[str, bool], sms: bool, channels: list[tuple[str, str]]
):
    record = world()
    enable(record, **options)
    notify(record, person(record, phone="07700 900000"), news(sms=sms))
    seen = [(channel, reason) for channel, _, reason in items(record)]
    assert [row for row in seen if row != ("nhs-app", "organisation-option")] == channels


def test_the_sender_may_want_no_e_mail():
    record = world()
    notify(record, person(record), news(unmailed=True))
    assert items(record)[0] == ("email", ADA, "organisation-option")


def test_an_organisation_that_is_not_in_the_world_has_the_usual_options():
    record = world()
    notify(record, person(record), replace(news(), organisation="elsewhere"))
    assert items(record) == [("email", ADA, ""), ("nhs-app", "p-1", "organisation-option")]


@pytest.mark.parametrize(
    ("phone", "is_mobile"),
    [
        ("", False),
        ("07700 900000", True),
        ("+44 7700 900000", True),
        ("+44 (0)7700 900000", True),
        ("0044 7700 900000", True),
        ("0113 4960000", False),
        ("+44 113 4960000", False),
        ("0044 113 4960000", False),
        ("+353 85 000 0000", True),
        ("00353 85 000 0000", True),
        ("7700 900000", False),
    ],
)
def test_a_text_message_goes_to_a_mobile_number_or_another_country(phone: str, is_mobile: bool):
    record = world()
    enable(record, notify_sms=True)
    notify(record, person(record, phone=phone, registered=False), news(sms=True))
    assert items(record)[-1] == ("sms", phone if is_mobile else "", "" if is_mobile else "no-address")


# --- reasons, at their limits ---

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


# --- once a day ---


@pytest.mark.parametrize(
    ("hours", "reason"),
    [(0, "already-one-today"), (11, "already-one-today"), (12, ""), (24, "")],
)
def test_daily_news_are_sent_once_a_day_of_london(hours: int, reason: str):
    record = world()
    ada = person(record)
    notify(record, ada, news("measurement"))
    record.clock.advance(timedelta(hours=hours))
    notify(record, ada, news("result"))
    assert items(record) == [("email", ADA, ""), ("email", ADA, reason)]


def test_other_news_are_sent_each_time():
    record = world()
    ada = person(record)
    for _ in range(2):
        notify(record, ada, news("plan"))
    assert items(record) == [("email", ADA, "")] * 2


@pytest.mark.parametrize(
    ("event", "exchanges", "number"),
    [
        ("measurement", ("x-1", "x-1"), 1),
        ("measurement", ("x-1", "x-2"), 2),
        ("measurement", (None, None), 2),
        ("plan", ("x-1", "x-1"), 2),
    ],
)
def test_daily_news_of_one_exchange_are_one_item(event: str, exchanges: tuple[str | None, ...], number: int):
    record = world()
    ada = person(record)
    for exchange in exchanges:
        notify(replace(record, cause=Cause(exchange, "rest")), ada, news(event))
    assert len(items(record)) == number


# --- reminders ---


def test_a_reminder_comes_at_six_in_london_on_the_next_day():
    assert next_morning(NOW).isoformat() == "2026-03-02T06:00:00+00:00"
    assert next_morning(NOW.replace(month=7, hour=23)).isoformat() == "2026-07-03T05:00:00+00:00"


@pytest.mark.parametrize(
    ("event", "values", "is_scheduled"),
    [
        ("document", {}, True),
        ("plan", {}, False),
        ("document", {"email": ""}, False),
        ("document", {"registered": False}, False),
    ],
    ids=str,
)
def test_what_was_mailed_is_reminded_of(event: str, values: dict[str, Any], is_scheduled: bool):
    record = world()
    enable(record, notify_nhs_app=True)
    notify(record, person(record, **values), news(event))
    assert due.is_scheduled(record.store, REMINDER, "document/d-1") is is_scheduled


@pytest.mark.parametrize("later", [0, 3, -3])
def test_a_reminder_waits_for_the_release(later: int):
    record = world()
    notify(record, person(record), news(released_at=NOW + timedelta(days=later)))
    record.clock.advance(timedelta(days=max(later, 0), hours=17, minutes=59))
    assert not due.is_any_due(record.store, record.now())
    record.clock.advance(timedelta(minutes=1))
    assert due.is_any_due(record.store, record.now())


@pytest.mark.parametrize("opened", [True, False])
def test_a_reminder_is_an_e_mail_unless_the_item_was_opened(opened: bool):
    record = world()
    enable(record, notify_nhs_app=True)
    assert remind(record, person(record), news(), opened=opened) == ([] if opened else [ADA])
    assert items(record) == [("email", ADA, "read-in-app" if opened else "")]
    assert texts(record) == ["a reminder: there is a new document in your record in Patients Know Best"]


# --- the outbox ---


def test_the_outbox_keeps_the_newest_sent_and_the_newest_suppressed_items(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(outbox, "KEPT", 2)
    record = world()
    for number in range(3):
        for suppressed in ("", "frozen"):
            to = f"{number}{suppressed}"
            outbox.post(record, "letter", to=to, patient="p-1", organisation=FIRST, text="", suppressed=suppressed)
    assert [item.to for item in record.store.all(OutboxItem)] == ["1", "1frozen", "2", "2frozen"]
