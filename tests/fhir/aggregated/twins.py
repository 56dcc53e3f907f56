"""Two sandboxes in one process that are written to alike; in one of them everything is mapped after each write."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from difflib import unified_diff
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

import httpx

from sandbox.app import create_app
from sandbox.base.ids import Ids
from sandbox.fhir.aggregated.mapped import shown_types
from sandbox.model import Credential
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces
from tests.support import SOAP

Json = dict[str, Any]
CLIENTS = ("northmoor-fhir", "eastgate-fhir", "stepwise-fhir")
PARTNER = "letterbox-facade"
REALM = "/auth/realms/pkb/protocol/openid-connect/token"
TOKENS = {**dict.fromkeys(CLIENTS, REALM), PARTNER: "/api/oauth/token"}
"""Client → where it gets a token."""


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


class Twin:
    """A sandbox without sockets, its clock frozen and its ids repeatable."""

    def __init__(self, **settings: Any) -> None:
        self.workspaces = Workspaces(Settings(clock="2026-06-01T12:00:00Z", seed=1, **settings))
        transport = httpx.ASGITransport(app=create_app(self.workspaces), client=("127.0.0.1", 50_000))
        self.http = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080")
        self._tokens: dict[str, str] = {}

    def call(self, method: str, path: str, client: str = "", **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._tokens[client]}"} if client else {}
        headers.update(options.pop("headers", {}))
        return _loop().run_until_complete(self.http.request(method, path, headers=headers, **options))

    def start(self) -> None:
        """Back to the seeded world, with the same ids to come."""
        assert self.call("POST", "/_sandbox/reset").status_code == 200
        self._sign_in()
        self.workspaces.default.ids = Ids(1)

    def map_everything(self) -> None:
        for client in CLIENTS:
            for type_ in shown_types(self.workspaces.default.settings.aggregated_all_mapped):
                assert self.call("GET", f"/aggregated/fhir/{type_}?_summary=count", client).status_code == 200

    def advance(self, time: timedelta) -> None:
        body = {"advance": f"PT{int(time.total_seconds())}S"}
        assert self.call("PUT", "/_sandbox/clock", json=body).status_code == 200
        self._sign_in()

    def send(self, er7: str, user: str = "org_northmoor") -> None:
        credential = self.workspaces.default.store.get(Credential, user)
        auth: Any = httpx.BasicAuth(user, credential.secret)
        content = SOAP.format(escape(er7)).encode()
        response = self.call(
            "POST", "/services/hl7", content=content, auth=auth, headers={"Content-Type": "text/xml;charset=utf-8"}
        )
        assert response.status_code == 200, response.text

    def _sign_in(self) -> None:
        """Gets every client a token: all at once, since a token takes an id."""
        for client, address in TOKENS.items():
            credential = self.workspaces.default.store.get(Credential, client)
            form = {"grant_type": "client_credentials", "client_id": client, "client_secret": credential.secret}
            response = self.call("POST", address, data=form)
            assert response.status_code == 200, response.text
            self._tokens[client] = response.json()["access_token"]


@dataclass
class Twins:
    """`eager` maps everything after each write; `lazy` maps what its questions ask for."""

    eager: Twin
    lazy: Twin

    def start(self) -> None:
        for twin in (self.eager, self.lazy):
            twin.start()
        self.eager.map_everything()

    def write(self, act: str, *details: Any, **more: Any) -> None:
        """Does the same to both, by the name of a method of `Twin`; both have to answer alike."""
        answers = [getattr(twin, act)(*details, **more) for twin in (self.eager, self.lazy)]
        if isinstance(answers[0], httpx.Response):
            assert answers[0].status_code == answers[1].status_code, (answers[0].text, answers[1].text)
        self.eager.map_everything()

    def ask(self, path: str, client: str) -> Json:
        """Asks both; the answers must be the same to the letter."""
        eager, lazy = (twin.call("GET", f"/aggregated/fhir{path}", client) for twin in (self.eager, self.lazy))
        answer: Json = eager.json()
        difference = "\n".join(unified_diff(lines(answer), lines(lazy.json()), "eager", "lazy", lineterm=""))
        assert not difference, f"{path}\n{difference}"
        assert lazy.status_code == eager.status_code
        return answer

    def references(self) -> list[str]:
        """Everything that was ever there, `Type/id`: what questions may name."""
        from sandbox.model import Resource

        resources = (
            resource
            for resource in self.eager.workspaces.default.store.all(Resource)
            if resource.endpoint == "aggregated"
        )
        return sorted(f"{resource.type}/{resource.logical_id}" for resource in resources)


def lines(body: Json) -> list[str]:
    """A body as lines, so that a difference shows where it is."""
    return json.dumps(body, indent=1).splitlines()


@cache
def twins(pairs: Iterable[tuple[str, Any]] = ()) -> Twins:
    settings = dict(pairs)
    return Twins(Twin(**settings), Twin(**settings))
