"""Keys: a new one signs, the old ones go on verifying."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import httpx
import jwt
import pytest

from sandbox.access import keys
from sandbox.access.keys import KeyRing, SigningKey, key_ring
from sandbox.app import create_app
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces
from tests.support import Client

CERTS = "/auth/realms/pkb/protocol/openid-connect/certs"


@pytest.fixture
def ring() -> Iterator[KeyRing]:
    """The ring of this process, which has afterwards the keys that it had before."""
    ring = key_ring(False)
    before = list(ring.keys)
    yield ring
    ring.keys[:] = before


def new_token(pkb: Client) -> str:
    auth = ("letterbox-facade", pkb.credential("letterbox-facade")["client_secret"])
    response = pkb.http.post("/api/oauth/token", data={"grant_type": "client_credentials"}, auth=auth)
    return response.json()["access_token"]


def test_tokens_of_before_and_after_a_rotation_are_good_and_their_keys_published(pkb: Client, ring: KeyRing):
    before = new_token(pkb)
    kid = pkb.http.post("/_sandbox/keys/rotate").json()["kid"]
    assert ring.current.id == kid
    after = new_token(pkb)
    assert jwt.get_unverified_header(after)["kid"] == kid != jwt.get_unverified_header(before)["kid"]
    published = {key["kid"]: key for key in pkb.http.get(CERTS).json()["keys"]}
    for token in (before, after):
        key = jwt.PyJWK(published[jwt.get_unverified_header(token)["kid"]])
        assert jwt.decode(token, key, algorithms=["RS256"])["client_id"] == "letterbox-facade"
        headers = {"Authorization": f"Bearer {token}", "X-Org-Public-Id": pkb.organisation()}
        assert pkb.http.get("/fhir/Patient/nobody", headers=headers).status_code == 404


async def ask(*requests: tuple[str, str, dict[str, object]]) -> list[httpx.Response]:
    """The answers of a new server in this process."""
    transport = httpx.ASGITransport(app=create_app(Workspaces(Settings())), client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as http:
        return [await http.request(method, path, **options) for method, path, options in requests]  # type: ignore[arg-type]


@pytest.fixture
def makers(monkeypatch: pytest.MonkeyPatch) -> list[threading.Thread]:
    """The threads in which keys are made, in a process that has none yet."""
    threads: list[threading.Thread] = []

    def noted() -> SigningKey:
        threads.append(threading.current_thread())
        return make()

    make = keys.new_key
    monkeypatch.setattr(keys, "new_key", noted)
    monkeypatch.setattr("sandbox.oauth.control.new_key", noted)
    monkeypatch.setattr(keys, "_rings", {})
    return threads


FORM = {"grant_type": "client_credentials", "client_id": "northmoor-fhir", "client_secret": "northmoor-Secret-2026"}
NEEDS_KEY: dict[str, tuple[str, str, dict[str, object]]] = {
    "token": ("POST", "/auth/realms/pkb/protocol/openid-connect/token", {"data": FORM}),
    "certificates": ("GET", CERTS, {}),
    "rotation": ("POST", "/_sandbox/keys/rotate", {}),
}


@pytest.mark.parametrize("name", NEEDS_KEY)
def test_a_key_is_made_in_a_thread_so_that_others_are_answered_meanwhile(name: str, makers: list[threading.Thread]):
    (answer,) = asyncio.run(ask(NEEDS_KEY[name]))
    assert answer.status_code == 200
    assert makers
    assert name == "rotation" or threading.main_thread() not in makers


def test_a_foreign_token_is_refused_without_a_key(makers: list[threading.Thread]):
    token = jwt.encode({"client_id": "northmoor-fhir"}, "x" * 32, algorithm="HS256")
    (answer,) = asyncio.run(ask(("GET", "/fhir/Patient/x", {"headers": {"Authorization": f"Bearer {token}"}})))
    assert answer.status_code == 401
    assert not makers


def test_discovery_makes_no_key(makers: list[threading.Thread]):
    (answer,) = asyncio.run(ask(("GET", "/auth/realms/pkb/.well-known/openid-configuration", {})))
    assert answer.status_code == 200
    assert not makers
