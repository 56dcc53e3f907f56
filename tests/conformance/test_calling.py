"""Judgements on calls with a token: renewed, signed in again, stopped, read to the last page."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from sandbox.conformance.arrivals import ArrivedExchange
from sandbox.conformance.evidence import Evidence, Judgement
from sandbox.conformance.judgements import calling
from sandbox.worlds.exchange import Exchange, Passed

AT = datetime(2026, 11, 27, tzinfo=UTC)
FACADE = {"api": "facade"}
GRANTED = "token authorization_code"
PAGE = "/fhir/Observation"


def arrival(
    at: float, status: int, operation: str = "read Patient", body: Any = "", query: str = ""
) -> ArrivedExchange:
    content = body if isinstance(body, str) else json.dumps(body)
    exchange = Exchange(
        id=f"e{at:g}", at=AT, api="oauth" if operation.startswith("token") else "facade", operation=operation,
        method="GET", path=PAGE, query=query, status=status,
        response=Passed(body=content.encode()),
    )  # fmt: skip
    return ArrivedExchange(exchange=exchange, at=at)


def page(at: float, query: str, following: str | None) -> ArrivedExchange:
    links = [{"relation": "self", "url": "http://localhost/fhir"}]
    links += [{"relation": "next", "url": f"http://localhost/fhir?{following}"}] if following else []
    return arrival(at, 200, "search-type Observation", {"resourceType": "Bundle", "link": links}, query)


def expired(*times: float) -> list[ArrivedExchange]:
    return [arrival(at, 401) for at in times]


NEW_TOKEN, ANOTHER_TOKEN, AGAIN, ONCE_MORE = (
    arrival(5, 200, "token client_credentials"),
    arrival(6, 200, "token client_credentials"),
    arrival(7, 200),
    arrival(8, 200),
)
SIGNED_IN = arrival(5, 200, GRANTED)
EARLY_TOKEN, REFUSED_TOKEN = arrival(0.5, 200, "token client_credentials"), arrival(5, 400, "token client_credentials")
TOKEN, CALL = "token client_credentials (200)", "read Patient (200)"
Row = tuple[
    Callable[[Evidence, dict[str, Any]], Judgement], list[ArrivedExchange], dict[str, Any], bool, str, list[str]
]
CASES: dict[str, Row] = {
    "a new token and the same call": (
        calling.token_renewed, [*expired(1), NEW_TOKEN, AGAIN], {}, True,
        f"1 calls with the old token, then {TOKEN}, {CALL}", ["e1", "e5", "e7"],
    ),
    "the first new token and the first call count": (
        calling.token_renewed, [*expired(1), NEW_TOKEN, ANOTHER_TOKEN, AGAIN, ONCE_MORE], {}, True,
        f"1 calls with the old token, then {TOKEN}, {CALL}", ["e1", "e5", "e7"],
    ),
    "two calls with the old token": (
        calling.token_renewed, [*expired(1, 2), NEW_TOKEN, AGAIN], {}, True, "2 calls", ["e1", "e2", "e5", "e7"],
    ),
    "three calls with the old token": (
        calling.token_renewed, [*expired(1, 2, 3), NEW_TOKEN, AGAIN], {}, False, "3 calls", [],
    ),
    "no new token": (calling.token_renewed, [*expired(1), AGAIN], {}, False, "then nothing", ["e1"]),
    "a token of before the refusal": (
        calling.token_renewed, [EARLY_TOKEN, *expired(1), AGAIN], {}, False, "then nothing", ["e1"],
    ),
    "a token that is refused": (
        calling.token_renewed, [*expired(1), REFUSED_TOKEN, AGAIN], {}, False, "then nothing", ["e1"],
    ),
    "no call with the new token": (
        calling.token_renewed, [*expired(1), NEW_TOKEN], {}, False, f"then {TOKEN}", ["e1", "e5"],
    ),
    "a token for each call": (
        calling.token_renewed, [EARLY_TOKEN, NEW_TOKEN, AGAIN], {}, True, f"0 calls with the old token, then {TOKEN}",
        ["e5", "e7"],
    ),
    "nothing at all": (calling.token_renewed, [], {}, False, "0 calls with the old token, then nothing", []),
    "signed in again": (
        calling.signed_in_again, [*expired(1), SIGNED_IN, AGAIN], {}, True, GRANTED, ["e1", "e5", "e7"],
    ),
    "a token without a person": (
        calling.signed_in_again, [*expired(1), NEW_TOKEN, AGAIN], {}, False, "then nothing", ["e1"],
    ),
    "nothing after the refusal": (calling.stopped, [arrival(1, 403)], {}, True, "0 further calls", ["e1"]),
    "one call after the refusal": (calling.stopped, [arrival(1, 403), arrival(2, 403)], {}, True, "1 further", []),
    "two calls after the refusal": (
        calling.stopped, [arrival(1, 403), arrival(2, 403), arrival(3, 403)], {}, False, "2 further calls", [],
    ),
    "two where two are allowed": (
        calling.stopped, [arrival(1, 403), arrival(2, 403), arrival(3, 403)], {"at_most": 2}, True, "2 further", [],
    ),
    "accepted calls count only where all count": (
        calling.stopped, [arrival(1, 200), arrival(2, 200), arrival(3, 200)], {}, True, "0 further calls", [],
    ),
    "accepted calls where all count": (
        calling.stopped, [arrival(1, 200), arrival(2, 200), arrival(3, 200)], {"counts": "all"}, False, "2 further",
        ["e1", "e2", "e3"],
    ),
    "every page": (calling.all_pages, [page(1, "", "a=1&p=2"), page(2, "p=2&a=1", None)], {}, True, "2 pages", []),
    "a page with more parameters": (
        calling.all_pages, [page(1, "", "p=2"), page(2, "p=2&_format=json", None)], {}, True, "2 pages", [],
    ),
    "one page where two are needed": (calling.all_pages, [page(1, "", None)], {}, False, "1 pages", ["e1"]),
    "one page where one is enough": (calling.all_pages, [page(1, "", None)], {"at_least": 1}, True, "1 pages", []),
    "the last page is not read": (
        calling.all_pages, [page(1, "", "p=2"), page(2, "p=2", "p=3")], {}, False, "2 pages; not read: p=3", [],
    ),
    "a page is left out": (
        calling.all_pages, [page(1, "", "p=2"), page(2, "p=3", None)], {}, False, "2 pages; not read: p=2", [],
    ),
    "no page ends": (calling.all_pages, [page(1, "p=2", "p=2"), page(2, "p=2", "p=2")], {}, False, "2 pages", []),
    "a body that is not a Bundle has no next page": (
        calling.all_pages, [page(1, "", "p=2"), arrival(2, 200, body="[]", query="p=2")], {}, True, "2 pages", [],
    ),
    "a refused page is not a page": (
        calling.all_pages, [page(1, "", "p=2"), arrival(2, 503, query="p=2")], {}, False, "1 pages; not read: p=2", [],
    ),
    "it came": (calling.came, [arrival(1, 200)], {}, True, CALL, ["e1"]),
    "it was refused": (calling.came, [arrival(1, 403)], {}, False, "nothing", []),
}  # fmt: skip
"""Judgement, exchanges, further keys of the row → passed, part of the text, the exchanges that it names (if stated)."""


@pytest.mark.parametrize("case", CASES)
def test_a_judgement_names_the_calls_that_it_is_about(case: str):
    judge, arrivals, more, passed, words, exchanges = CASES[case]
    evidence = Evidence(workspace=cast(Any, None), cast=cast(Any, None), arrivals=tuple(arrivals), faults=frozenset())
    judgement = judge(evidence, {"of": FACADE, **more})
    assert judgement.passed is passed
    assert words in judgement.actual
    if exchanges:
        assert list(judgement.exchanges) == exchanges
