"""The report of a replay as a whole: for people, redacted, and as JSON."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.facts import ledger
from sandbox.replay.compare.difference import ABSENT, LONGEST, Difference
from sandbox.replay.compare.rules import SERVERS_TIME
from sandbox.replay.recording import RecordedExchange, RecordedMessage
from sandbox.replay.report import MEANING, REPORT_BACK, WHY_TIME, Report
from sandbox.replay.run import DIFFERENT, NOT_SENT, SAME, ReplayOutcome

FACT = ledger()["oauth.pkce"]
AT = datetime(2026, 11, 27, tzinfo=UTC)


def exchange(number: int, **parts: Any) -> RecordedExchange:
    fields: dict[str, Any] = {
        "number": number, "id": f"e{number}", "at": AT, "api": "facade", "operation": "", "client": "letterbox-facade",
        "user": "", "kind": "system-client", "standing": "choice", "rule": "", "fault": "", "method": "GET",
        "scheme": "http", "base_url": "http://a", "target": "/fhir/Patient/9991001379?x=1", "status": 200,
        "request": RecordedMessage({}, b""), "response": RecordedMessage({}, b""),
    }  # fmt: skip
    return RecordedExchange(**{**fields, **parts})


GONE = Difference("id", "Tola", ABSENT)
NEW = Difference("status", ABSENT, "final")
CHANGED = Difference("name", "Tola", "Rhys", detail="d" * (LONGEST + 1))
UNSENT = tuple(ReplayOutcome(exchange(number), NOT_SENT, reason="no credential") for number in range(10, 21))
OUTCOMES = (
    ReplayOutcome(exchange(1), SAME),
    ReplayOutcome(exchange(2), DIFFERENT, (GONE, NEW)),
    ReplayOutcome(
        exchange(3, operation="read Patient", standing="", rule=f"none.such\n{FACT.id}"), DIFFERENT, (CHANGED,)
    ),
    ReplayOutcome(exchange(4), SAME, reason="only the beginning"),
    *UNSENT,
)
BASIS = f"unknown standing: {MEANING['']} Rule {FACT.id}: {FACT.text} [{FACT.source}]"
REST = [
    "Sent: 1 exchange (4): only the beginning",
    "Not sent: 11 exchanges (10, 11, 12, 13, 14, 15, 16, 17, 18, 19 …): no credential",
    "3 differences in 2 of 15 exchanges; 2 the same, 11 not sent.",
]


def report(*outcomes: ReplayOutcome, is_redacted: bool = False) -> Report:
    uses = Counter({SERVERS_TIME: 2, "none.such": 1})
    return Report(against="http://b", outcomes=outcomes, uses=uses, is_redacted=is_redacted)


def test_the_report_for_people_lists_differences_and_reasons():
    assert list(report(*OUTCOMES).lines()) == [
        "Exchange 2, facade GET /fhir/Patient/9991001379: 2 differences",
        '  id: "Tola" in the recording, missing now',
        '  status: not in the recording, "final" now',
        f"  choice: {MEANING['choice']}",
        "Exchange 3, facade read Patient: 1 difference",
        f'  name: "Tola" in the recording, "Rhys" now ({"d" * LONGEST})',
        f"  {BASIS}",
        *REST,
        REPORT_BACK,
    ]


def test_a_redacted_report_has_no_value_no_path_and_no_detail():
    lines = list(report(*OUTCOMES, is_redacted=True).lines())
    shape = '"<text of 4 characters>"'
    assert lines == [
        "Exchange 2, facade GET: 2 differences",
        f"  id: {shape} in the recording, missing now",
        '  status: not in the recording, "final" now',
        f"  choice: {MEANING['choice']}",
        "Exchange 3, facade read Patient: 1 difference",
        f"  name: {shape} in the recording, another {shape} now",
        f"  {BASIS}",
        *REST,
    ]


def test_a_report_without_differences_asks_for_nothing():
    assert list(report(ReplayOutcome(exchange(1), SAME)).lines()) == [
        "0 differences in 0 of 1 exchange; 1 the same, 0 not sent."
    ]
    assert next(report(*UNSENT[:10]).lines()) == (
        "Not sent: 10 exchanges (10, 11, 12, 13, 14, 15, 16, 17, 18, 19): no credential"
    )


def test_the_report_as_json_counts_what_is_the_same():
    body = report(*OUTCOMES).as_json()
    assert body["ok"] is False
    assert report(OUTCOMES[0]).as_json()["ok"] is True
    assert body["summary"] == {"exchanges": 15, "same": 2, "different": 2, "not_sent": 11, "differences": 3}
    assert [row["number"] for row in body["exchanges"]] == [2, 3, 4, *range(10, 21)]
    two, three, four, *_ = body["exchanges"]
    assert (two["client"], two["operation"], two["rules"]) == ("letterbox-facade", "GET /fhir/Patient/9991001379", [])
    assert (two["meaning"], three["meaning"], four["meaning"]) == (MEANING["choice"], MEANING[""], "")
    assert [row["id"] for row in three["rules"]] == [FACT.id]
    assert two["differences"][0] | {"text": ""} == {"where": "id", "recorded": "Tola", "actual": None, "text": ""}
    assert body["ignored"] == [
        {"rule": "none.such", "count": 1, "why": ""},
        {"rule": SERVERS_TIME, "count": 2, "why": WHY_TIME},
    ]
    redacted = report(*OUTCOMES, is_redacted=True).as_json()["exchanges"][0]
    assert (redacted["client"], redacted["operation"]) == ("system-client", "GET")
    assert redacted["differences"][0]["recorded"] == "<text of 4 characters>"


@pytest.mark.parametrize("is_code", [True, False])
def test_a_code_stays_in_a_redacted_difference(is_code: bool):
    assert Difference("name", "x", "y", is_code).value("x", is_redacted=True) == (
        "x" if is_code else "<text of 1 characters>"
    )
