"""Who is notified and by which channel, without a server."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sandbox.domain.notifications.audience import carers, notify
from sandbox.model import Name
from tests.domain.notifications.people import (
    ADA,
    BEN,
    LABEL,
    consent,
    enable,
    items,
    mails,
    news,
    person,
    texts,
)
from tests.domain.small_world import world

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
