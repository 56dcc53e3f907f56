"""How long a session of a user lasts, at its limits, and what a form may hold."""

from __future__ import annotations

import pytest

from sandbox import Sandbox
from sandbox.oauth.api_token import LIFE

DIARY, DONE = "stepwise-diary", "http://localhost:8400/done"
HOUR = int(LIFE.total_seconds())


@pytest.mark.parametrize(("seconds", "is_refreshed"), [(0, True), (HOUR - 1, False), (HOUR, True), (HOUR + 1, True)])
def test_a_session_that_ends_before_its_access_token_has_no_refresh_token(seconds: int, is_refreshed: bool):
    with Sandbox(mode="asgi", session_seconds=seconds, clock="2026-03-01T12:00:00Z") as pkb:
        person = next(row for row in pkb.patients if "Registered" in row["reason"])
        with pkb._plain_client() as http:
            chosen = {"client_id": DIARY, "redirect_uri": DONE, "scope": "PATIENT", "state": "s", "decision": "approve"}
            answer = http.post(f"/_sandbox/users/{person['id']}/approve", json=chosen).json()["redirect"]
            code = answer.partition("code=")[2].partition("&")[0]
            form = {"grant_type": "authorization_code", "code": code, "client_id": DIARY, "redirect_uri": DONE}
            tokens = http.post("/apiToken.action", data=form).json()
    assert tokens["expires_in"] == HOUR
    assert ("refresh_token" in tokens) is is_refreshed


@pytest.mark.parametrize(("more", "status"), [(99, 200), (100, 400)])
@pytest.mark.parametrize("place", ["query", "body"])
def test_a_form_has_at_most_a_hundred_parameters(place: str, more: int, status: int):
    text = "&".join(["grant_type=client_credentials", *(f"p{number}=1" for number in range(more))])
    with Sandbox(mode="asgi") as pkb, pkb._plain_client() as http:
        client = pkb.credential("system-client")
        pair = (client["client_id"], client["client_secret"])
        query, body = (f"?{text}", "") if place == "query" else ("", text)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = http.post(f"/api/oauth/token{query}", content=body, headers=headers, auth=pair)
    assert answer.status_code == status
