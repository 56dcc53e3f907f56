"""`assertedLoginIdentity`: on a loopback bind an e-mail address is enough, elsewhere only what this server signed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.access import login_identity
from sandbox.access.keys import signing_key
from sandbox.server import SandboxServer
from sandbox.worlds.workspace import Workspace

EMAIL, CLIENT, DONE = "tola.adeyemi@example.org", "stepwise-diary", "http://localhost:8400/done"
BINDS: dict[str, tuple[dict[str, Any], bool]] = {
    "127.0.0.1": ({"host": "127.0.0.1"}, True),
    "another loopback address": ({"host": "127.8.9.1"}, True),
    "localhost": ({"host": "localhost"}, True),
    "::1": ({"host": "::1"}, True),
    "loopback, with an admin token": ({"host": "127.0.0.1", "admin_token": "t"}, True),
    "0.0.0.0": ({"host": "0.0.0.0"}, False),
    "::": ({"host": "::"}, False),
    "an address of the network": ({"host": "192.0.2.1"}, False),
    "0.0.0.0, with an admin token": ({"host": "0.0.0.0", "admin_token": "t"}, False),
    "0.0.0.0, with the setting": ({"host": "0.0.0.0", "plain_login_identity": True}, True),
}
"""Options of `serve` → whether an address is enough."""


@cache
def server(bind: str) -> SandboxServer:
    """A sandbox of a bind; nothing listens."""
    return SandboxServer(port=0, **BINDS[bind][0])


@dataclass
class Door:
    """A browser at one door: whether it takes an identity."""

    bind: str

    def _browser(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=server(self.bind).app)
        return httpx.AsyncClient(transport=transport, base_url="http://tests.example")

    async def link_as_page(self, identity: str) -> bool:
        return await self._link(identity, "text/html")

    async def link_as_json(self, identity: str) -> bool:
        return await self._link(identity, "application/json")

    async def _link(self, identity: str, accept: str) -> bool:
        async with self._browser() as http:
            query = {"assertedLoginIdentity": identity}
            page = await http.get("/listAppointments.action", params=query, headers={"Accept": accept})
        assert page.status_code in (200, 400), page.text
        assert (page.status_code == 400) == ("unknown or has expired" in page.text)
        return page.status_code == 200 and "Tola Adeyemi" in page.text

    async def authorize_page(self, identity: str) -> bool:
        async with self._browser() as http:
            page = await http.get("/apiAuthorize.action", params=self._query(identity))
        assert page.status_code == 200
        return "Tola Adeyemi" in page.text

    async def approval(self, identity: str) -> bool:
        async with self._browser() as http:
            page = await http.get("/apiAuthorize.action", params=self._query(identity))
            csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', page.text)
            assert csrf
            done = await http.post(str(page.url), data={"csrf": csrf[1], "decision": "approve"})
        (outcome,) = {"code", "error"} & parse_qs(urlsplit(done.headers["location"]).query).keys()
        return outcome == "code"

    def _query(self, identity: str) -> dict[str, str]:
        request = {"response_type": "code", "client_id": CLIENT, "redirect_uri": DONE}
        return {**request, "assertedLoginIdentity": identity}

    async def all(self, identity: str) -> set[bool]:
        """What the four doors say: they agree if there is one member."""
        doors = (self.link_as_page, self.link_as_json, self.authorize_page, self.approval)
        return {await door(identity) for door in doors}


def accepted(bind: str, identity: str) -> set[bool]:
    return asyncio.run(Door(bind).all(identity))


def world(bind: str) -> Workspace:
    return server(bind).workspaces.default


def person(workspace: Workspace, email: str = EMAIL) -> str:
    holder = login_identity._of_address(workspace, email)
    assert holder is not None
    return holder[1]


@pytest.mark.parametrize("bind", BINDS)
def test_an_address_is_enough_on_loopback_and_where_the_setting_allows_it(bind: str):
    assert accepted(bind, EMAIL) == {BINDS[bind][1]}
    assert accepted(bind, "nobody@example.org") == {False}


@pytest.mark.parametrize("bind", BINDS)
def test_what_the_server_signed_is_taken_everywhere(bind: str):
    workspace = world(bind)
    assert accepted(bind, login_identity.issue(workspace, person(workspace), "http://tests.example").value) == {True}


def forged(workspace: Workspace) -> Iterator[tuple[str, str]]:
    """Tokens that the server did not sign as an identity of one of its people."""
    token = login_identity.issue(workspace, person(workspace), "http://tests.example").value
    claims = jwt.decode(token, options={"verify_signature": False})
    key = signing_key(workspace)

    def signed(private: Any = key.private, algorithm: str = "RS256", **changes: Any) -> str:
        return jwt.encode({**claims, **changes}, private, algorithm=algorithm, headers={"kid": key.id})

    yield "signed by another key", signed(private=rsa.generate_private_key(65537, 2048))
    yield "not signed", signed(private=None, algorithm="none")
    yield "signed with a secret", signed(private="secret-of-thirty-two-bytes-or-more", algorithm="HS256")
    yield "without its signature", token.rpartition(".")[0] + "."
    yield "for something else", signed(aud="account")
    yield "expired", signed(exp=claims["iat"] - 1)
    yield "of another world", signed(workspace="elsewhere")
    yield "of nobody", signed(sub="nobody")


@pytest.mark.parametrize("bind", ["127.0.0.1", "0.0.0.0"])
def test_what_it_did_not_sign_is_taken_nowhere(bind: str):
    outcomes = {name: accepted(bind, token) for name, token in forged(world(bind))}
    assert len(outcomes) == 8
    assert {name: outcome for name, outcome in outcomes.items() if outcome != {False}} == {}


def test_an_identity_of_another_workspace_opens_its_own_world_and_no_client_of_another():
    workspaces = server("0.0.0.0").workspaces
    other = workspaces.create("another")
    token = login_identity.issue(other, person(other), "http://tests.example").value
    door = Door("0.0.0.0")
    assert asyncio.run(door.link_as_json(token)) is True
    assert asyncio.run(door.approval(token)) is False
    workspaces.delete("another")
    assert accepted("0.0.0.0", token) == {False}
