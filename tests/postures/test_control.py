"""Posture by attempt: nobody but this machine and holders of the admin token gets at the control API or the console."""

from __future__ import annotations

import httpx
import pytest

from tests.postures.attempts import ATTEMPTS, PROXIED, Attempt
from tests.postures.server import POSTURES, TOKEN, Asking

CONTROL = [
    ("GET", "/_sandbox/credentials"),
    ("GET", "/_sandbox/events"),
    ("GET", "/_sandbox/exchanges/1/explanation"),
    ("POST", "/_sandbox/reset"),
    ("POST", "/_sandbox/workspaces"),
    ("DELETE", "/_sandbox/exchanges"),
    ("GET", "/_sandbox/console/traffic"),
    ("GET", "/_sandbox/console/newest"),
    ("GET", "/_sandbox/docs/"),
    ("POST", "/_sandbox/console/do"),
]
OWN = Attempt()
HOLDER = Attempt({"Authorization": f"Bearer {TOKEN}"}, peer="198.51.100.7", host="tests.example")


@pytest.mark.parametrize("posture", POSTURES)
def test_every_attempt_of_a_stranger_is_refused_and_shared_with_no_page(posture: str):
    breaches = []
    for name, attempt in ATTEMPTS.items():
        requests = [row for row in CONTROL if row[0] in attempt.methods]
        for request, response in zip(requests, Asking(posture)(attempt, *requests, content=b"{}"), strict=True):
            shared = [header for header in response.headers if header.startswith("access-control-")]
            if not is_refused(response) or shared:
                breaches.append((name, request, response.status_code, shared))
    assert breaches == []


def is_refused(response: httpx.Response) -> bool:
    """The console lets people sign in where there is an admin token, and shows nothing else."""
    if response.status_code == 303:
        return "/_sandbox/console/sign-in?" in response.headers["location"]
    return response.status_code == 401


@pytest.mark.parametrize("posture", POSTURES)
def test_no_preflight_opens_it(posture: str):
    headers = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Private-Network": "true"}
    for origin in ("https://evil.example", "http://127.0.0.1:3000", "http://127.0.0.1:8080", "null"):
        attempt = Attempt({**headers, "Origin": origin})
        for response in Asking(posture)(attempt, ("OPTIONS", "/_sandbox/reset"), ("OPTIONS", "/_sandbox/console/do")):
            assert response.status_code >= 400
            assert not [name for name in response.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("posture", POSTURES)
def test_a_program_of_this_machine_is_let_in_unless_a_token_was_set(posture: str):
    status = 401 if POSTURES[posture].needs_token else 200
    assert [response.status_code for response in Asking(posture)(OWN, *CONTROL[:1], *CONTROL[3:4])] == [status] * 2


@pytest.mark.parametrize("posture", [name for name, posture in POSTURES.items() if posture.needs_token])
def test_a_holder_of_the_token_is_let_in_from_anywhere(posture: str):
    for attempt in (HOLDER, *(Attempt({**row.headers, **HOLDER.headers}, host=row.host) for row in PROXIED.values())):
        (response,) = Asking(posture)(attempt, CONTROL[0])
        assert response.status_code == 200


@pytest.mark.parametrize("posture", POSTURES)
def test_health_and_pkb_s_own_apis_answer_everybody(posture: str):
    for attempt in ATTEMPTS.values():
        live, metadata = Asking(posture)(attempt, ("GET", "/_sandbox/health/live"), ("GET", "/fhir/metadata"))
        assert (live.status_code, metadata.status_code) == (200, 200)


def test_the_authorize_page_suggests_people_to_this_machine_only():
    address = "/apiAuthorize.action?response_type=code&client_id=stepwise-diary&redirect_uri=http://localhost:8400/done"
    (own,) = Asking("laptop")(OWN, ("GET", address))
    assert "Tola" in own.text
    for attempt in PROXIED.values():
        (page,) = Asking("laptop")(attempt, ("GET", address))
        assert page.status_code == 200
        assert "Tola" not in page.text
