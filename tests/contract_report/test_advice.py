"""Each rule of advice: a client that breaks it, and one that does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sandbox.contract.advice import SEQUENCE, SINGLE
from sandbox.contract.rules import advice_rules
from tests.hl7.samples import A28, example
from tests.oauth.test_code_grant import refresh as refreshed
from tests.oauth.test_code_grant import tokens
from tests.support import Client

Act = Callable[[Client], None]
NUMBER = "https://fhir.nhs.uk/Id/nhs-number|9991001379"
TOLA = "4c86625f-13d7-423c-93e9-d58574a12dec"
LABEL = {
    "security": [{"system": "https://fhir.patientsknowbest.com/codesystem/privacy-label", "code": "GENERAL_HEALTH"}]
}
CONDITION: dict[str, Any] = {
    "resourceType": "Condition",
    "meta": LABEL,
    "identifier": [{"system": "urn:example:northmoor", "value": "c-1"}],
    "code": {"coding": [{"system": "http://snomed.info/sct", "code": "195967001"}]},
    "subject": {"reference": "Patient/1"},
}
SIU = example("siu_s12")
REFUSED = A28.replace("PID|", "XXX|")


def customer(pkb: Client, body: dict[str, Any], **headers: str) -> None:
    endpoint = pkb.control("/world")["organisations"][0]["endpoints"]
    path = next(row["url"] for row in endpoint if row["release"] == "r4")
    headers["Authorization"] = f"Bearer {pkb.token('northmoor-fhir')}"
    response = pkb.http.post(f"{path}/{body['resourceType']}", json=body, headers=headers)
    assert response.status_code < 300, response.text


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in CONDITION.items() if name != key}


def send_all(*messages: str) -> Act:
    def act(pkb: Client) -> None:
        for message in messages:
            pkb.send(message)

    return act


def create(body: dict[str, Any], **headers: str) -> Act:
    return lambda pkb: customer(pkb, body, **{name.replace("_", "-"): value for name, value in headers.items()})


def get(*paths: str) -> Act:
    def act(pkb: Client) -> None:
        for path in paths:
            pkb.facade(path)

    return act


def fetch_tokens(number: int, reads: int) -> Act:
    def act(pkb: Client) -> None:
        pkb.http.delete("/_sandbox/exchanges")
        for _ in range(number):
            pkb.tokens.clear()
            pkb.token("letterbox-facade")
            for read in range(reads):
                pkb.facade(f"/Patient?identifier={NUMBER}&_count={read + 1}")

    return act


def read_pages(pages: int) -> Act:
    def act(pkb: Client) -> None:
        path = f"/Appointment?patient={TOLA}&_count=1"
        for _ in range(pages):
            links = pkb.facade(path).json()["link"]
            path = next((link["url"].partition("/fhir")[2] for link in links if link["relation"] == "next"), "")
            if not path:
                return

    return act


def with_appointments(act: Act) -> Act:
    def both(pkb: Client) -> None:
        for number in range(3):
            pkb.send(_numbered(number))
        act(pkb)

    return both


def _numbered(number: int) -> str:
    segments = SIU.split("\n")
    return "\n".join(_renamed(segment, number) for segment in segments)


def _renamed(segment: str, number: int) -> str:
    fields = segment.split("|")
    if fields[0] == "SCH":
        fields[1] = f"page-{number}"
    if fields[0] == "MSH":
        fields[9] = f"page-{number}"
    return "|".join(fields)


def _with_field(message: str, segment: str, number: int, value: str) -> str:
    """The same message with a value in a field of the first segment of a name."""
    lines = message.split("\n")
    at = next(index for index, line in enumerate(lines) if line.startswith(segment))
    fields = lines[at].split("|")
    fields[number] = value
    lines[at] = "|".join(fields)
    return "\n".join(lines)


def with_offset(message: str) -> str:
    """The same message with an offset at its own time, which counts for all its times."""
    fields = message.split("|")
    fields[6] = f"{fields[6]}+0000"
    return "|".join(fields)


def lose_and_send(first: str, again: str) -> Act:
    """Send a message whose acknowledgement is lost, and another."""

    def act(pkb: Client) -> None:
        pkb.http.put("/_sandbox/faults", json={"rules": [{"api": "hl7", "drop": "after-commit", "first": 1}]})
        with pytest.raises(httpx.RemoteProtocolError):
            pkb.send(first)
        pkb.send(again)

    return act


def refresh(*numbers: int) -> Act:
    """Refresh the session of an app: each number is the answer whose refresh token is used, 0 the sign-in."""

    def act(pkb: Client) -> None:
        answers = [tokens(pkb)]
        for number in numbers:
            answers.append(refreshed(pkb, answers[number]["refresh_token"]).json())

    return act


CASES: dict[str, tuple[Act, Act]] = {
    "contract.control-id-repeated": (
        send_all(A28, A28.replace("PID|1", "PID|2", 1).replace("Y^", "Z^") + "NTE|1||more\n"),
        send_all(A28, A28),
    ),
    "contract.lost-message-renumbered": (
        lose_and_send(A28, _with_field(A28, "MSH", 9, "another")),
        lose_and_send(A28, A28),
    ),
    "contract.refused-message-resent": (send_all(REFUSED, REFUSED), send_all(REFUSED, A28)),
    "contract.hl7-time-without-zone": (send_all(SIU), send_all(with_offset(SIU))),
    "contract.identifier-without-system": (
        get("/Patient?identifier=9991001379"),
        get(f"/Patient?identifier={NUMBER}"),
    ),
    "contract.code-without-system": (
        create({**CONDITION, "code": {"coding": [{"code": "195967001"}]}}),
        create(CONDITION),
    ),
    "contract.unlabelled-resource": (create(without("meta")), create(CONDITION)),
    "contract.if-none-exist-without-identifier": (
        create(CONDITION, If_None_Exist="code=http://snomed.info/sct|195967001"),
        create(CONDITION, If_None_Exist="identifier=urn:example:northmoor|c-1"),
    ),
    "contract.secret-in-address": (
        get(f"/Patient?identifier={NUMBER}&access_token=secret"),
        get(f"/Patient?identifier={NUMBER}"),
    ),
    "contract.deprecated-form": (
        send_all(_with_field(A28, "PID", 2, "LOCAL77^^^NORTHMOOR^MR")),
        send_all(A28),
    ),
    "contract.next-page-not-read": (with_appointments(read_pages(1)), with_appointments(read_pages(20))),
    "contract.token-for-each-request": (fetch_tokens(4, 1), fetch_tokens(2, 3)),
    "contract.refresh-token-reused": (refresh(0, 0), refresh(0, 1, 2)),
    "contract.polling": (
        get(*[f"/Patient?identifier={NUMBER}"] * 6),
        get(*[f"/Patient?identifier={NUMBER}&_count={number}" for number in range(1, 7)]),
    ),
}


def advice(pkb: Client) -> dict[str, int]:
    """Rule of advice → how many exchanges broke it."""
    report = pkb.control("/report")
    return {row["rule"]: row["count"] for row in report["findings"] if row["severity"] == "advice"}


def test_every_rule_is_tried():
    assert set(CASES) == set(advice_rules()) == {*SINGLE, *SEQUENCE}


@pytest.mark.parametrize("rule", CASES)
def test_a_client_that_breaks_the_rule_is_advised(pkb: Client, rule: str):
    CASES[rule][0](pkb)
    assert advice(pkb).get(rule, 0) >= 1


@pytest.mark.parametrize("rule", CASES)
def test_a_good_client_is_not(pkb: Client, rule: str):
    CASES[rule][1](pkb)
    assert rule not in advice(pkb)


def test_a_number_of_an_organisation_needs_its_authority(pkb: Client):
    pkb.send(A28.replace("^^^NORTHMOOR^MR", ""))
    assert advice(pkb)["contract.identifier-without-system"] == 1
    pkb.http.delete("/_sandbox/exchanges")
    pkb.send(A28)
    assert "contract.identifier-without-system" not in advice(pkb)


def test_what_a_fault_did_is_no_advice(pkb: Client):
    pkb.http.put("/_sandbox/faults", json={"rules": [{"api": "hl7", "ack": "AE", "first": 2}]})
    send_all(A28, A28)(pkb)
    report = pkb.control("/report")
    assert report["findings"] == []
