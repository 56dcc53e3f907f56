"""The outbox as a control call: waiting for an item, emptying, and how much of it is kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from sandbox.domain.notifications import outbox as mail
from sandbox.model import Invitation, Patient
from tests.control.test_openapi import assert_described
from tests.fhir.facade.operations.samples import nhs, patients, post
from tests.journeys.test_notifications import (
    IDRIS,
    PUSHED,
    TOLA,
    act,
    appointment,
    clock,
    document,
    id_of,
    outbox,
    outcomes,
    result,
    send,
)
from tests.support import Client

Items = list[dict[str, Any]]


@pytest.fixture
def waiting(pkb: Client) -> Iterator[tuple[threading.Thread, list[Items]]]:
    """A call that waits for a push, in a thread of its own."""
    answers: list[Items] = []

    def wait() -> None:
        with httpx.Client(base_url=pkb.server.base_url, timeout=30) as http:
            response = http.get("/_sandbox/outbox", params={"channel": "nhs-app", "wait": "20"})
            answers.append(response.json()["items"])

    thread = threading.Thread(target=wait)
    thread.start()
    yield thread, answers
    thread.join(30)


def test_a_waiting_call_answers_as_soon_as_an_item_matches_and_lets_others_through(
    pkb: Client, waiting: tuple[threading.Thread, list[Items]]
):
    thread, answers = waiting
    for order in ("R-1", "R-2", "R-3"):
        send(pkb, result(TOLA, order))  # an e-mail is not what it waits for
    assert thread.is_alive()
    send(pkb, appointment(TOLA, "20990709093000"))
    thread.join(5)
    assert outcomes(answers[0]) == [PUSHED]


def test_a_waiting_call_is_empty_at_the_end(pkb: Client):
    started = time.monotonic()
    assert outbox(pkb, wait="0.2") == []
    assert 0.2 <= time.monotonic() - started < 5


def test_an_existing_item_is_not_waited_for(pkb: Client):
    send(pkb, result(TOLA))
    started = time.monotonic()
    assert len(outbox(pkb, wait="20")) == 1
    assert time.monotonic() - started < 5


def test_an_emptied_outbox_is_empty_and_the_day_starts_anew(pkb: Client):
    send(pkb, result(TOLA))
    response = pkb.http.delete("/_sandbox/outbox")
    assert_described("DELETE", "/outbox", response)
    assert outbox(pkb, suppressed="all") == []
    assert len(outbox(pkb, exchange=send(pkb, result(TOLA, "R-2")))) == 1
    assert pkb.http.delete("/_sandbox/outbox?kind=letter").status_code == 400


def test_a_reminder_survives_an_emptied_outbox(pkb: Client):
    clock(pkb, {"mode": "frozen", "at": "2026-07-01T09:00:00Z"})
    patient = id_of(pkb, TOLA)
    bright = "f1640ff8-d059-403c-b0d5-295ffc6e627d"
    act(pkb, TOLA, "messages", {"sender": bright, "recipients": [patient], "subject": "Your visit"})
    exchange = send(pkb, document(TOLA))
    pkb.http.delete("/_sandbox/outbox")
    clock(pkb, {"advance": "P1D"})
    reminders = outbox(pkb)
    assert {reminder["kind"] for reminder in reminders} == {"reminder"}
    assert {reminder["exchange"] for reminder in reminders} == {None, exchange}


def test_the_newest_items_are_kept(pkb: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(mail, "KEPT", 3)
    for n in range(5):
        send(pkb, appointment(TOLA, f"209907{n + 10}093000"))
        send(pkb, result(IDRIS, f"R-{n}"))
    assert [item["channel"] for item in outbox(pkb)] == ["nhs-app", "email", "nhs-app"]
    assert [item["suppressed"] for item in outbox(pkb, suppressed="true")] == ["not-registered"] * 3


def test_a_patient_not_to_be_contacted_gets_nothing(pkb: Client):
    store = pkb.server.workspaces.default.store
    store.put(replace(store.get(Patient, id_of(pkb, TOLA)), do_not_contact=True))
    items = outbox(pkb, exchange=send(pkb, appointment(TOLA, "20990709093000")), suppressed="all")
    assert outcomes(items) == [("email", "do-not-contact"), ("nhs-app", "do-not-contact")]


def test_an_invitation_by_letter_is_about_its_codes(pkb: Client):
    response = post(pkb, "/Organization/$generate-invitation-tokens", patients(nhs(IDRIS)))
    (letter,) = outbox(pkb, exchange=response.headers["pkb-sandbox-exchange"])
    assert (letter["kind"], letter["channel"]) == ("letter", "letter")
    (invitation,) = pkb.server.workspaces.default.store.all(Invitation)
    assert letter["about"] == {"kind": "invitation", "id": invitation.id}


@pytest.mark.parametrize(
    ("number", "reason"), [(TOLA, "registered"), ("9991006850", "under-16"), ("9991004114", "deceased")]
)
def test_the_outbox_gives_the_reason_for_each_missing_letter(pkb: Client, number: str, reason: str):
    response = post(pkb, "/Organization/$generate-invitation-tokens", patients(nhs(number)))
    exchange = response.headers["pkb-sandbox-exchange"]
    assert outcomes(outbox(pkb, exchange=exchange, suppressed="all")) == [("letter", reason)]


def test_the_outbox_omits_patients_the_caller_may_not_know_of(pkb: Client):
    post(pkb, "/Organization/$generate-invitation-tokens", patients(nhs("9991015078")))
    assert outbox(pkb, suppressed="all") == []
