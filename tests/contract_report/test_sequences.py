"""Advice on sequences of exchanges: which one of them is advised on, and what interrupts a sequence."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.contract.advice import SEQUENCE
from sandbox.contract.observed import ObservedExchange
from sandbox.worlds.exchange import Exchange, Passed

START = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
TOKEN: dict[str, Any] = {"operation": "token client_credentials", "api": "oauth", "method": "POST", "path": "/token"}
REFRESH: dict[str, Any] = {"operation": "token refresh_token", "api": "oauth", "method": "POST", "path": "/token"}
READ: dict[str, Any] = {"api": "facade", "method": "GET", "path": "/fhir/Patient/1", "operation": "read Patient"}
SEARCH: dict[str, Any] = {**READ, "path": "/fhir/Observation", "operation": "search-type Observation"}
MESSAGE: dict[str, Any] = {"api": "hl7", "method": "POST", "path": "/services/hl7", "operation": "ADT^A28"}
Step = tuple[float, dict[str, Any]]


def refreshing(token: str) -> dict[str, Any]:
    return {**REFRESH, "request": Passed(body=f"grant_type=refresh_token&refresh_token={token}".encode())}


def message(digest: int, control_id: str = "a", **more: Any) -> dict[str, Any]:
    return {**MESSAGE, "message_digest": digest, "hl7": {"control_id": control_id, "type": "ADT^A28"}, **more}


def page(query: str, following: str = "", **more: Any) -> dict[str, Any]:
    links = [{"relation": "self", "url": "http://localhost/fhir?x=1"}]
    links += [{"relation": "next", "url": f"http://localhost/fhir?{following}"}] if following else []
    body = json.dumps({"resourceType": "Bundle", "link": links}).encode()
    response = Passed(body=body, media_type="application/fhir+json", length=len(body))
    return {**SEARCH, "query": query, "response": response, **more}


def refused(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "status": 403}


def every(seconds: float, *rows: dict[str, Any]) -> list[Step]:
    return [(number * seconds, row) for number, row in enumerate(rows)]


OTHER = {"client": "other"}
POLLING, EACH, REUSED = "contract.polling", "contract.token-for-each-request", "contract.refresh-token-reused"
PAGES, CONTROL_ID, RESENT = (
    "contract.next-page-not-read",
    "contract.control-id-repeated",
    "contract.refused-message-resent",
)
CASES: dict[str, tuple[str, list[Step], list[int]]] = {
    "four equal reads": (POLLING, every(1, *[READ] * 4), []),
    "the fifth and the sixth equal read": (POLLING, every(1, *[READ] * 6), [4, 5]),
    "reads ten seconds apart": (POLLING, every(10, *[READ] * 5), [4]),
    "reads more than ten seconds apart": (POLLING, every(10.001, *[READ] * 8), []),
    "four reads after a pause": (POLLING, [*every(1, *[READ] * 4), *((60 + n, READ) for n in range(4))], []),
    "five reads after a pause": (POLLING, [*every(1, *[READ] * 4), *((60 + n, READ) for n in range(5))], [8]),
    "reads of two addresses": (POLLING, every(1, *[READ, {**READ, "path": "/fhir/Patient/2"}] * 4), []),
    "reads with two queries": (POLLING, every(1, *[READ, {**READ, "query": "_format=json"}] * 4), []),
    "reads of two clients": (POLLING, every(1, *[READ, {**READ, **OTHER}] * 4), []),
    "refused reads": (POLLING, every(1, *[refused(READ)] * 6), []),
    "reads that a fault rule changed": (POLLING, every(1, *[{**READ, "fault": "f"}] * 6), []),
    "writes": (POLLING, every(1, *[{**READ, "method": "PUT"}] * 6), []),
    "messages": (POLLING, every(1, *[{**READ, "api": "hl7"}] * 6), []),
    "two tokens": (EACH, every(1, TOKEN, READ, TOKEN, READ), []),
    "three tokens with a request each": (EACH, every(1, TOKEN, READ, TOKEN, READ, TOKEN, READ, TOKEN), [4, 6]),
    "three tokens without a request": (EACH, every(1, TOKEN, TOKEN, TOKEN), [2]),
    "tokens with two requests each": (EACH, every(1, *[TOKEN, READ, READ] * 4), []),
    "two requests between the second and the third": (
        EACH, every(1, TOKEN, READ, TOKEN, READ, READ, TOKEN, READ, TOKEN, READ, TOKEN), [9],
    ),
    "tokens just before the end of their life": (EACH, every(1199.999, TOKEN, TOKEN, TOKEN), [2]),
    "tokens at the end of their life": (EACH, every(1200, TOKEN, TOKEN, TOKEN, TOKEN), []),
    "tokens of two clients": (EACH, every(1, *[TOKEN, {**TOKEN, **OTHER}] * 2), []),
    "refused token requests": (EACH, every(1, *[refused(TOKEN)] * 4), []),
    "other requests to the token endpoint are not uses": (EACH, every(1, TOKEN, *[REFRESH] * 2, TOKEN, TOKEN), [4]),
    "a refresh token twice": (REUSED, every(1, refreshing("r"), refreshing("r")), [1]),
    "two refresh tokens": (REUSED, every(1, refreshing("r"), refreshing("s")), []),
    "a refresh token of another client": (REUSED, every(1, refreshing("r"), {**refreshing("r"), **OTHER}), []),
    "a refresh token again after a refusal": (REUSED, every(1, refused(refreshing("r")), refreshing("r")), []),
    "a refused second use": (REUSED, every(1, refreshing("r"), refused(refreshing("r"))), [1]),
    "a page that is read": (PAGES, every(1, page("", "p=2"), page("p=2")), []),
    "a page that is not read": (PAGES, every(1, page("", "p=2"), page("p=3")), [0]),
    "a page that is read in another order": (PAGES, every(1, page("", "p=2&q=a%7Cb&r="), page("r=&q=a|b&p=2")), []),
    "a page that is read with other values": (PAGES, every(1, page("", "p=2&p=3"), page("p=3&p=2")), [0]),
    "a page that is read in part": (PAGES, every(1, page("", "p=2&q=a"), page("p=2")), [0]),
    "the second of three pages is the last that is read": (PAGES, every(1, page("", "p=2"), page("p=2", "p=3")), [1]),
    "a page that another client reads": (PAGES, every(1, page("", "p=2"), page("p=2", **OTHER)), [0]),
    "a refused search has no next page": (PAGES, every(1, refused(page("", "p=2"))), []),
    "a search of another API has no next page": (PAGES, every(1, page("", "p=2", api="rest")), []),
    "a control id with another message": (CONTROL_ID, every(1, message(1), message(2)), [1]),
    "a control id with the same message": (CONTROL_ID, every(1, message(1), message(1)), []),
    "two control ids": (CONTROL_ID, every(1, message(1), message(2, "b")), []),
    "a control id of another client": (CONTROL_ID, every(1, message(1), message(2, **OTHER)), []),
    "messages without a control id": (CONTROL_ID, every(1, message(1, ""), message(2, "")), []),
    "a refused message twice": (RESENT, every(1, refused(message(1)), refused(message(1))), [1]),
    "another message after a refusal": (RESENT, every(1, refused(message(1)), refused(message(2))), []),
    "a refused message of another client": (RESENT, every(1, refused(message(1)), refused(message(1, **OTHER))), []),
    "a refused message that is accepted the second time": (
        RESENT, every(1, refused(message(1)), message(1), refused(message(1)), refused(message(1))), [3],
    ),
    "a message that a fault rule refused": (RESENT, every(1, *[refused(message(1, fault="f"))] * 3), []),
}  # fmt: skip
"""Rule, exchanges and the seconds at which they come → the positions of those that are advised on."""


def exchange(number: int, at: float, row: dict[str, Any]) -> Exchange:
    defaults: dict[str, Any] = {"client": "app", "status": 200, "id": str(number)}
    return Exchange(at=START + timedelta(seconds=at), **{**defaults, **row})


@pytest.mark.parametrize("case", CASES)
def test_advice_on_a_sequence_names_the_exchanges_that_break_the_rule(case: str):
    name, steps, expected = CASES[case]
    rule = SEQUENCE[name]()
    exchanges = [exchange(number, *step) for number, step in enumerate(steps)]
    at_once = [entry.id for entry in exchanges if rule.observe(ObservedExchange(entry))]
    assert [int(id_) for id_ in (*at_once, *(entry.id for entry in rule.conclude()))] == expected
