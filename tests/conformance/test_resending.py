"""Judgements on messages that come again, and on those that do not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from sandbox.conformance.arrivals import ArrivedExchange
from sandbox.conformance.evidence import Evidence, Judgement
from sandbox.conformance.judgements import resending
from sandbox.worlds.exchange import Exchange

AT = datetime(2026, 11, 27, tzinfo=UTC)
RULE = "rule-1"
ROW: dict[str, Any] = {"of": {"api": "hl7"}, "seconds": 1}


def arrival(at: float, digest: int = 1, control_id: str = "m-1", fault: str | None = None) -> ArrivedExchange:
    exchange = Exchange(
        id=f"e{at}", at=AT, api="hl7", method="POST", path="/services/hl7", hl7={"control_id": control_id},
        message_digest=digest, fault=fault, status=200,
    )  # fmt: skip
    return ArrivedExchange(exchange=exchange, at=at)


def evidence(*arrivals: ArrivedExchange) -> Evidence:
    return Evidence(workspace=cast(Any, None), cast=cast(Any, None), arrivals=arrivals, faults=frozenset({RULE}))


LOST, OTHER_ID = arrival(1.0, fault=RULE), arrival(2.0, control_id="m-2")
CASES: dict[str, tuple[Callable[[Evidence, dict[str, Any]], Judgement], tuple[ArrivedExchange, ...], bool, str]] = {
    "nothing came": (resending.sent_again_unchanged, (), False, "did not come"),
    "it did not come again": (resending.sent_again_unchanged, (LOST,), False, "did not come again"),
    "another control id": (
        resending.sent_again_unchanged,
        (LOST, OTHER_ID),
        False,
        "m-1, then m-2",
    ),
    "another text": (resending.sent_again_unchanged, (LOST, arrival(2.0, digest=2)), False, "with another text"),
    "the same again": (resending.sent_again_unchanged, (LOST, arrival(2.0)), True, "twice, with the same text"),
    "a refused one stays": (resending.not_sent_again, (LOST,), True, "not sent again"),
    "a refused one comes again": (resending.not_sent_again, (LOST, arrival(2.0)), False, "sent again"),
    "no refused one": (resending.not_sent_again, (), False, "did not come"),
    "once": (resending.once, (arrival(1.0),), True, "sent 1 times"),
    "twice": (resending.once, (arrival(1.0), arrival(2.0)), False, "sent 2 times"),
    "no request to wait after": (resending.waited, (), False, "did not come"),
    "no further attempt": (resending.waited, (LOST,), False, "no further attempt"),
    "too soon": (resending.waited, (LOST, arrival(1.5)), False, "after"),
    "long enough": (resending.waited, (LOST, arrival(3.0)), True, "after"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_judgement_says_what_came(case: str):
    judge, arrivals, passed, words = CASES[case]
    judgement = judge(evidence(*arrivals), ROW)
    assert judgement.passed is passed
    assert words in judgement.actual
    assert judgement.as_json()["source"]
