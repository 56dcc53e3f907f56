"""The worlds of a soak: each lives for some seconds, with a clock that is advanced and tokens that are renewed."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from benchmarks.soak.wire import Wire

Json = dict[str, Any]
REALM, TOKENS = "/auth/realms/pkb/protocol/openid-connect/token", "/api/oauth/token"
FORM = "application/x-www-form-urlencoded"
LIVE, SECONDS, ADVANCED = 3, 10.0, "PT1M"
"""Worlds at once; seconds until the next one replaces the oldest; by how much each clock goes on every second."""


@dataclass(slots=True)
class SoakWorld:
    """One workspace, and what its requests need: `headers` by the name of a caller."""

    name: str
    credentials: list[Json]
    headers: dict[str, Mapping[str, str]] = field(default_factory=dict)
    patient: str = ""
    organisation: str = ""
    hl7: str = ""
    busy: int = 0

    def credential(self, kind: str) -> Json:
        return next(row for row in self.credentials if row["kind"] == kind)


class Worlds:
    """The worlds that requests go to; every request chooses the next of them."""

    def __init__(self, control: Wire, prepare: Callable[[Wire, SoakWorld], Awaitable[str]]) -> None:
        self._control = control
        self._prepare = prepare
        self._live: list[SoakWorld] = []
        self._turns = count()
        self.created = self.deleted = self.advanced = 0

    @contextmanager
    def use(self) -> Iterator[SoakWorld]:
        """Give the next world, which is not deleted in the block."""
        world = self._live[next(self._turns) % len(self._live)]
        world.busy += 1
        try:
            yield world
        finally:
            world.busy -= 1

    async def begin(self) -> None:
        for _ in range(LIVE):
            self._live.append(await self._create())

    async def go_on(self) -> None:
        """Advance clocks, renew tokens, replace worlds; without end."""
        seconds = 0.0
        while True:
            await asyncio.sleep(1)
            seconds += 1
            for world in list(self._live):
                await self._call("PUT", f"/clock?workspace={world.name}", {"advance": ADVANCED})
                self.advanced += 1
                await self._sign_in(world)
            if seconds >= SECONDS:
                seconds = 0.0
                await self.replace()

    def close(self) -> None:
        self._control.close()

    async def replace(self) -> None:
        """Put a new world in the place of the oldest."""
        self._live.append(await self._create())
        await self._delete(self._live.pop(0))

    async def _create(self) -> SoakWorld:
        name = f"soak-{self.created}"
        row = await self._call("POST", "/workspaces", {"name": name})
        self.created += 1
        world = SoakWorld(name=name, credentials=row["credentials"])
        patients = (await self._call("GET", f"/world?workspace={name}"))["patients"]
        world.patient = next(row["id"] for row in patients if row["reason"])
        organisation = world.credential("hl7-org")
        world.organisation = organisation["organisation"]["id"]
        world.hl7 = f"{organisation['username']}:{organisation['password']}"
        await self._sign_in(world)
        if problem := await self._prepare(self._control, world):
            raise SystemExit(problem)
        return world

    async def _delete(self, world: SoakWorld) -> None:
        async with asyncio.timeout(60):
            while world.busy:
                await asyncio.sleep(0.05)
        await self._call("DELETE", f"/workspaces/{world.name}")
        self.deleted += 1

    async def _sign_in(self, world: SoakWorld) -> None:
        customer = await self._token(REALM, _grant(world.credential("customer-system-client")))
        partner = await self._token(TOKENS, _grant(world.credential("system-client")))
        world.headers = {
            "": {},
            "hl7": {"Authorization": f"Basic {base64.b64encode(world.hl7.encode()).decode()}"},
            "customer": {"Authorization": f"Bearer {customer}"},
            "partner": {"Authorization": f"Bearer {partner}", "X-Org-Public-Id": world.organisation},
            "user": {"Authorization": f"Bearer {await self._user_token(world)}"},
        }

    async def _user_token(self, world: SoakWorld) -> str:
        client = next(row for row in world.credentials if row["kind"] == "user-client" and row.get("users"))
        user = next(row for row in client["users"] if row["scope"] == "PATIENT")
        query = {"client_id": client["client_id"], "redirect_uri": client["redirect_uris"][0]}
        approved = await self._call("POST", f"/users/{user['id']}/approve?workspace={world.name}", query)
        code = parse_qs(urlsplit(approved["redirect"]).query)["code"][0]
        return await self._token("/apiToken.action", {"grant_type": "authorization_code", "code": code, **query})

    async def _token(self, path: str, form: Mapping[str, str]) -> str:
        status, body = await self._control.ask("POST", path, urlencode(form).encode(), {"Content-Type": FORM})
        if status != 200:
            raise SystemExit(f"{path}: {status} {body[:300]!r}")
        token: str = json.loads(body)["access_token"]
        return token

    async def _call(self, method: str, path: str, body: Json | None = None) -> Any:
        content = b"" if body is None else json.dumps(body).encode()
        status, answer = await self._control.ask(
            method, f"/_sandbox{path}", content, {"Content-Type": "application/json"}
        )
        if status >= 300:
            raise SystemExit(f"{method} {path}: {status} {answer[:300]!r}")
        return json.loads(answer) if answer else None


def _grant(row: Json) -> dict[str, str]:
    return {"grant_type": "client_credentials", "client_id": row["client_id"], "client_secret": row["client_secret"]}
