"""Which earlier exchange a new one repeats."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.worlds.exchange import Exchange, Passed
from sandbox.worlds.exchanges import Exchanges
from sandbox.worlds.journal_budget import JournalBudget

NOW = datetime(2026, 1, 1, tzinfo=UTC)
REQUEST: dict[str, Any] = {
    "api": "rest",
    "method": "POST",
    "path": "/rest/x",
    "query": "",
    "client": "diary",
    "body": "b",
}
MESSAGE: dict[str, Any] = {
    "api": "hl7",
    "method": "POST",
    "path": "/services/hl7/",
    "client": "org",
    "body": "<soap>MSH|a</soap>",
    "text": "MSH|a",
    "control_id": "1",
}
LATER = {"minutes": 60 * 24 * 365}

PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "the same request": (REQUEST, {}, True),
    "after ten minutes": (REQUEST, {"minutes": 10}, True),
    "after more than ten": (REQUEST, {"minutes": 10.01}, False),
    "the clock went back a little": (REQUEST, {"minutes": -10}, True),
    "the clock went back far": (REQUEST, {"minutes": -10.01}, False),
    "another body": (REQUEST, {"body": "c"}, False),
    "another path": (REQUEST, {"path": "/rest/y"}, False),
    "another query": (REQUEST, {"query": "a=1"}, False),
    "another method": (REQUEST, {"method": "PUT"}, False),
    "another client": (REQUEST, {"client": "other"}, False),
    "no client either time": ({**REQUEST, "client": ""}, {}, True),
    "the earlier was refused": ({**REQUEST, "status": 422}, {"status": 201}, True),
    "the earlier failed": ({**REQUEST, "status": 503}, {"status": 201}, True),
    "the same message": (MESSAGE, LATER, True),
    "the same control id": (MESSAGE, {**LATER, "text": "MSH|b", "body": "b"}, True),
    "the same text in another envelope": (MESSAGE, {**LATER, "body": "<s:soap>MSH|a</s:soap>"}, True),
    "the same text over MLLP": (MESSAGE, {**LATER, "method": "MLLP", "path": "/", "body": "MSH|a"}, True),
    "the same text without control id": ({**MESSAGE, "control_id": ""}, {**LATER, "body": "b"}, True),
    "another text without control id": ({**MESSAGE, "control_id": ""}, {"text": "MSH|b", "body": "b"}, False),
    "another message": (MESSAGE, {"control_id": "2", "text": "MSH|b", "body": "b"}, False),
    "the same message of another client": (MESSAGE, {"client": "other"}, False),
    "a message that a fault stopped": ({**MESSAGE, "text": None, "control_id": None}, LATER | MESSAGE, True),
    "a message stopped by a fault, the second time": (MESSAGE, {**LATER, "text": None, "control_id": None}, True),
    "a description of the service": ({**MESSAGE, "method": "GET", "text": None, "control_id": None}, LATER, False),
}


def exchange(id_: str, parts: dict[str, Any]) -> Exchange:
    control_id, text = parts.get("control_id"), parts.get("text")
    return Exchange(
        id=id_,
        at=NOW + timedelta(minutes=parts.get("minutes", 0)),
        api=parts["api"],
        method=parts["method"],
        path=parts["path"],
        query=parts.get("query", ""),
        client=parts["client"],
        request=Passed.of((), parts["body"].encode(), "", hash(parts["body"])),
        status=parts.get("status", 200),
        hl7=None if control_id is None else {"type": "ADT^A28", "control_id": control_id, "ack": "AA", "text": ""},
        message_digest=None if text is None else hash(text),
    )


@pytest.mark.parametrize(("first", "changes", "is_repeated"), PAIRS.values(), ids=PAIRS)
def test_two_exchanges_repeat_each_other_only_if_they_are_alike_and_near(
    first: dict[str, Any], changes: dict[str, Any], is_repeated: bool
):
    journal = Exchanges()
    journal.add(exchange("first", first))
    journal.add(exchange("second", first | changes))
    kept = journal.find("second")
    assert kept is not None
    assert kept.repeats == ("first" if is_repeated else None)


def repeats(*changes: dict[str, Any], most: int = 100) -> list[str | None]:
    journal = Exchanges(JournalBudget(exchanges=most))
    kept = [exchange(str(number), MESSAGE | change) for number, change in enumerate(changes)]
    for row in kept:
        journal.add(row)
    return [row.repeats for row in kept]


def test_the_newest_of_several_is_named():
    assert repeats({}, {}, {}) == [None, "0", "1"]
    unread = {"text": None, "control_id": None}
    assert repeats({"body": "a", "text": "a"}, unread, {}) == [None, None, "1"]


def test_a_dropped_or_lost_exchange_is_not_named():
    other = {"control_id": "2", "text": "b", "body": "b"}
    assert repeats({}, other, {}, most=1) == [None, None, None]
    journal = Exchanges()
    journal.add(exchange("first", MESSAGE))
    journal.clear()
    journal.add(again := exchange("again", MESSAGE))
    assert again.repeats is None


def test_a_repeat_of_a_dropped_exchange_refers_to_the_remaining_one():
    journal = Exchanges(JournalBudget(exchanges=2))
    for id_ in ("first", "second", "third"):
        journal.add(exchange(id_, MESSAGE))
    assert [kept.repeats for kept in journal] == ["first", "second"]
