"""No secret and no token reaches the journal or the log, wherever in a request it was put."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

import pytest

from tests.support import Client

SECRET = "letterbox-Secret-2026"
FORM = "application/x-www-form-urlencoded"
PATHS = ["/api/oauth/token", "/auth/realms/pkb/protocol/openid-connect/token"]

PLACES: dict[str, dict[str, Any]] = {
    "the header": {"auth": ("letterbox-facade", SECRET), "data": {"grant_type": "client_credentials"}},
    "the body": {"data": {"grant_type": "client_credentials", "client_id": "x", "client_secret": SECRET}},
    "the query string": {"params": {"client_secret": SECRET, "client_id": "letterbox-facade"}},
    "JSON": {"json": {"client_secret": SECRET}},
    "JSON with another type": {"content": json.dumps({"client_secret": SECRET}), "headers": {"Content-Type": FORM}},
    "text": {"content": f"client_id=x&client_secret={SECRET}", "headers": {"Content-Type": "text/plain"}},
    "a body without a type": {"content": f"client_secret={SECRET}"},
    "an encoded name": {"content": f"client%5Fsecret={SECRET}", "headers": {"Content-Type": FORM}},
    "a password": {"data": {"grant_type": "password", "username": "x", "password": SECRET}},
    "a refresh token": {"data": {"grant_type": "refresh_token", "refresh_token": SECRET}},
    "JSON that was cut": {"content": '{"client_secret":"' + SECRET, "headers": {"Content-Type": "application/json"}},
    "a cookie": {"headers": {"Cookie": f"session={SECRET}"}},
}


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """The server's log; the client in this process logs the addresses that it calls."""
    return "\n".join(r.getMessage() for r in caplog.records if not r.name.startswith(("httpx", "httpcore")))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_secret_stays_out_of_journal_and_log(
    pkb: Client, caplog: pytest.LogCaptureFixture, path: str, place: dict[str, Any]
):
    caplog.set_level(logging.DEBUG)
    pkb.http.post(path, **place)
    journal = pkb.http.get("/_sandbox/exchanges").text
    assert path in journal
    assert SECRET not in journal
    assert SECRET not in logged(caplog)
    assert "[redacted]" in journal


def test_a_token_stays_out_of_journal_and_log(pkb: Client, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, logger="sandbox")
    pkb.tokens.clear()
    token = pkb.token("letterbox-facade")
    assert pkb.facade("/Organization/1").status_code == 404
    pkb.http.get("/fhir/Patient", params={"access_token": token})
    pkb.http.get("/fhir/Patient/1", headers={"Authorization": token})
    journal = pkb.http.get("/_sandbox/exchanges").json()["exchanges"]
    assert [exchange["api"] for exchange in journal] == ["oauth", "facade", "facade", "facade"]
    journal_text = json.dumps(journal)
    assert token not in journal_text
    assert token.split(".")[2] not in journal_text
    assert token.split(".")[2] not in logged(caplog)
    assert journal[0]["response"]["body"].startswith('{"access_token":"[redacted]","token_type":"bearer"')
    assert journal[1]["request"]["headers"]["authorization"] == "[redacted]"


def test_the_log_has_a_line_for_each_exchange(pkb: Client, caplog: pytest.LogCaptureFixture):
    pkb.token("letterbox-facade")
    with caplog.at_level(logging.INFO, logger="sandbox.exchange"):
        pkb.facade("/Patient/1")
    (line,) = [record.getMessage() for record in caplog.records if record.name == "sandbox.exchange"]
    expected = (
        "facade GET read Patient · partner letterbox-facade (system-client) · partner.facade.read_demographics · 404"
    )
    assert line.startswith(expected)
    assert re.fullmatch(r".* · 404 .+ · [0-9.]+ ms · /_sandbox/exchanges/[0-9a-f-]+/explanation", line)
