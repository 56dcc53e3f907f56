"""Recorded requests and the credentials that stand for those of their callers, for the tests of a replay."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

from sandbox.replay.authorization import Authorization
from sandbox.replay.bindings import Bindings
from sandbox.replay.connection import ReplayConnection
from sandbox.replay.credentials import MatchedCredential
from sandbox.replay.other_sandbox import OtherSandbox
from sandbox.replay.recording import RecordedExchange, RecordedMessage
from tests.replay.test_meaning import exchange

Json = dict[str, Any]
URL = "http://127.0.0.1:9"
HL7 = MatchedCredential(
    {"kind": "hl7-org", "username": "old"}, {"kind": "hl7-org", "username": "new", "password": "pw-1"}
)
APP = MatchedCredential(
    {"kind": "user-client", "client_id": "old-app", "users": [{"id": "u-1"}]},
    {"kind": "user-client", "client_id": "new-app", "client_secret": "s-1", "users": [{"id": "u-9"}]},
)
SYSTEM = MatchedCredential(
    {"kind": "system-client", "client_id": "old-sys"},
    {"kind": "system-client", "client_id": "new-sys", "client_secret": "s-2", "access_token": "of-the-file"},
)


def authorization() -> Authorization:
    connection = ReplayConnection(URL)
    known_credentials = {"old": HL7, "old-app": APP, "old-sys": SYSTEM}
    return Authorization(known_credentials, connection, OtherSandbox(connection, None, None))


def recorded(
    method: str = "GET",
    target: str = "/fhir/Patient/1",
    body: str = "",
    media_type: str = "application/json",
    is_whole: bool = True,
    **values: Any,
) -> RecordedExchange:
    headers = {"content-type": media_type, **values.pop("headers", {})}
    request = RecordedMessage(headers, body.encode(), is_whole)
    common = {"api": "facade", "client": "old-sys", "user": "", "scheme": "http", "base_url": "http://a:1", **values}
    return replace(exchange("", 200), **{"method": method, "target": target, "request": request, **common})


def bindings(**ids: str) -> Bindings:
    result = Bindings()
    for before, after in ids.items():
        result.bind(before, after)
    return result


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


BEARER = {"authorization": "-"}
