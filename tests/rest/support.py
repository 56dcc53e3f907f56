"""Callers of the Custom REST API, and the one shape in which it says no."""

from __future__ import annotations

import httpx

from tests.support import Client

PEOPLE = {
    "PATIENT": ("tola.adeyemi@example.org", "stepwise-diary"),
    "CLINICIAN": ("owen.bright@northmoor.example", "stepwise-clinic"),
    "TEAMCOORD": ("dilys.farrow@northmoor.example", "stepwise-clinic"),
}
"""User type → someone of that type, and the app that they use."""


def token_of(pkb: Client, user_type: str) -> str:
    """A live token of a session of that user type; SITE is the client that is tethered to a team."""
    return pkb.tethered_token() if user_type == "SITE" else pkb.user_token(*PEOPLE[user_type])


def call(pkb: Client, method: str, path: str, token: str = "", mount: str = "/json") -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return pkb.http.request(method, mount + path, headers=headers)


def assert_error(response: httpx.Response, status: int, code: str, message: str | None = None) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert set(body) == {"status", "code", "message"}
    assert (body["status"], body["code"]) == (status, code)
    if message is not None:
        assert body["message"] == message
