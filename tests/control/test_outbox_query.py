"""Which items `GET /outbox` chooses: each parameter by what it finds, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.control.test_control_api import assert_problem
from tests.control.test_openapi import assert_described
from tests.hl7.samples import A28
from tests.journeys.test_notifications import IDRIS, TOLA, appointment, clock, id_of, outbox, result, send
from tests.support import Client

EMAIL = "rina.khatun@example.org"


@pytest.fixture
def mail(pkb: Client) -> list[dict[str, Any]]:
    """An invitation, and three notifications suppressed beside it; an hour later an e-mail and a push; then one more
    that is suppressed."""
    clock(pkb, {"mode": "frozen", "at": "2026-07-01T09:00:00Z"})
    pkb.send(A28)
    clock(pkb, {"advance": "PT1H"})
    send(pkb, appointment(TOLA))
    clock(pkb, {"advance": "PT1H"})
    send(pkb, result(IDRIS))
    items = outbox(pkb, suppressed="all")
    assert [(item["kind"], item["channel"], item["suppressed"]) for item in items] == [
        ("invitation", "email", None),
        ("notification", "email", "arrived-by-hl7-or-fhir"),
        ("notification", "email", "arrived-by-hl7-or-fhir"),
        ("notification", "email", "not-registered"),
        ("notification", "email", None),
        ("notification", "nhs-app", None),
        ("notification", "email", "not-registered"),
    ]
    return items


CHOICES: dict[str, tuple[dict[str, str], list[int]]] = {
    "nothing": ({}, [0, 4, 5]),
    "suppressed": ({"suppressed": "true"}, [1, 2, 3, 6]),
    "all": ({"suppressed": "all"}, [0, 1, 2, 3, 4, 5, 6]),
    "not suppressed": ({"suppressed": "false"}, [0, 4, 5]),
    "kind": ({"kind": "invitation"}, [0]),
    "another kind": ({"kind": "letter", "suppressed": "all"}, []),
    "channel": ({"channel": "nhs-app"}, [5]),
    "another channel": ({"channel": "sms", "suppressed": "all"}, []),
    "to": ({"to": EMAIL}, [0]),
    "to, and suppressed": ({"to": EMAIL, "suppressed": "all"}, [0, 1, 2, 3]),
    "to somebody else": ({"to": "nobody@example.org", "suppressed": "all"}, []),
    "since the beginning": ({"since": "2026-07-01T09:00:00Z"}, [0, 4, 5]),
    "since later": ({"since": "2026-07-01T10:00:00Z", "suppressed": "all"}, [4, 5, 6]),
    "since another offset": ({"since": "2026-07-01T12:00:00+01:00", "suppressed": "all"}, [6]),
    "since the future": ({"since": "2999-01-01", "suppressed": "all"}, []),
    "several": ({"kind": "notification", "channel": "email", "suppressed": "true", "to": EMAIL}, [1, 2, 3]),
    "no time to wait": ({"kind": "letter", "wait": "0"}, []),
}


@pytest.mark.parametrize(("query", "numbers"), CHOICES.values(), ids=CHOICES)
def test_items_are_chosen(pkb: Client, mail: list[dict[str, Any]], query: dict[str, str], numbers: list[int]):
    response = pkb.http.get("/_sandbox/outbox", params=query)
    assert_described("GET", "/outbox", response)
    assert response.json() == {"items": [mail[n] for n in numbers]}


def test_items_of_an_exchange_and_of_a_patient_are_chosen(pkb: Client, mail: list[dict[str, Any]]):
    tola, exchange = id_of(pkb, TOLA), mail[6]["exchange"]
    assert outbox(pkb, exchange=exchange, suppressed="all") == [mail[6]]
    assert outbox(pkb, exchange="unknown", suppressed="all") == []
    assert outbox(pkb, patient=tola, suppressed="all") == mail[4:6]
    assert outbox(pkb, patient=tola, exchange=exchange, suppressed="all") == []


REFUSED: dict[str, str] = {
    "kind=mail": "kind must be one of: invitation, confirmation, notification, reminder, letter",
    "kind=": "kind must be one of: invitation,",
    "channel=post": "channel must be one of: email, nhs-app, sms, letter",
    "suppressed=yes": "suppressed must be one of: false, true, all",
    "suppressed=": "suppressed must be one of: false, true, all",
    "to=": "to must not be empty",
    "exchange=": "exchange must not be empty",
    "patient=": "patient must not be empty",
    "since=soon": "since must be an ISO 8601 time, as 2026-07-01T12:00:00Z, not 'soon'",
    "wait=long": "wait must be a number of seconds from 0 to 600, not 'long'",
    "limit=1": "Unknown parameter 'limit'; allowed: exchange, to, kind, channel, patient, since, suppressed, wait",
}


@pytest.mark.parametrize(("query", "detail"), REFUSED.items(), ids=REFUSED)
def test_an_unknown_parameter_is_refused(pkb: Client, query: str, detail: str):
    assert_problem(pkb.http.get(f"/_sandbox/outbox?{query}"), 400, detail)
