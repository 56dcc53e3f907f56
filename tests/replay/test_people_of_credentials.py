"""Who stands for a recorded user of an app, and what a request without a known caller is sent with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sandbox.replay.authorization import Authorization
from sandbox.replay.connection import ReplayConnection
from sandbox.replay.credentials import MatchedCredential
from sandbox.replay.other_sandbox import OtherSandbox
from sandbox.replay.recording import RecordedExchange, RecordedMessage
from tests.replay.test_meaning import exchange

Json = dict[str, Any]
TOLA, IDRIS, ELSEWHERE = {"id": "1", "email": "tola@a.example"}, {"id": "2", "email": "idris@a.example"}, {"id": "9"}


def credential(recorded: list[Json], actual: list[Json]) -> MatchedCredential:
    ids = {"kind": "user-client", "client_id": "diary"}
    return MatchedCredential({**ids, "users": recorded}, {**ids, "users": actual})


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        ([IDRIS, TOLA], IDRIS),
        ([{"id": "7", "email": "idris@a.example"}], {"id": "7", "email": "idris@a.example"}),
        ([{"id": "8"}, ELSEWHERE], ELSEWHERE),
        ([TOLA], {}),
        ([], {}),
    ],
    ids=["the same id", "the same address", "the same place of as many", "nobody of fewer", "nobody at all"],
)
def test_who_stands_for_a_user(actual: list[Json], expected: Json):
    assert credential([TOLA, IDRIS], actual).user("2") == expected


def header(recorded: RecordedExchange) -> str:
    connection = ReplayConnection("http://127.0.0.1:9")
    return Authorization({}, connection, OtherSandbox(connection, None, None)).header(recorded)


def test_a_request_that_the_server_answered_without_looking_who_sent_it_is_sent_by_nobody():
    description = replace(exchange("", 200), client="", api="hl7", request=RecordedMessage({"authorization": "-"}, b""))
    assert header(description) == ""
    assert header(replace(description, status=401)).startswith("Basic ")
