"""`AsyncSandbox`: what `Sandbox` is, for asynchronous tests: each call and each property is awaited."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any, Self, TypeVar

import httpx

from sandbox.testing import operations, signing_in
from sandbox.testing.answers import Ack, Tokens
from sandbox.testing.backends import Backend
from sandbox.testing.steps import PATIENCE, Steps
from sandbox.testing.world import NOT_STARTED, SandboxWorld, backend, new_name, remote

T = TypeVar("T")
Json = dict[str, Any]
"""An object in the shape of the control API."""


class AsyncSandbox(SandboxWorld):
    """A sandbox and one of its worlds, as `Sandbox`: `async with AsyncSandbox(mode="asgi") as pkb:`.

    Properties are awaited too: `await pkb.patients`. `await AsyncSandbox.connect(url)` uses a running server.
    """

    def __init__(self, *, mode: str = "thread", **settings: Any) -> None:
        super().__init__(backend(mode, settings))

    @classmethod
    async def connect(cls, url: str, admin_token: str | None = None, workspace: str | None = None) -> Self:
        """A world of a running server: the named one, or a new one that `close` deletes."""
        world = cls._of(remote(url, admin_token), workspace or new_name("python"), is_own=workspace is None)
        world._open()
        try:
            if workspace is None:
                await world._run(operations.create_workspace(world._control))
        # Also of a cancelled test: nobody else closes these connections.
        except BaseException:
            await world._http.aclose()
            raise
        return world

    @classmethod
    def _of(cls, runs: Backend, name: str, *, is_own: bool, is_child: bool = False) -> Self:
        # Not by the constructor, which would make another backend.
        world = cls.__new__(cls)
        SandboxWorld.__init__(world, runs, name, is_own=is_own, is_child=is_child)
        return world

    async def start(self) -> Self:
        """Starts the server; `with` does the same."""
        await asyncio.to_thread(self._backend.start)
        self._open()
        return self

    def _open(self) -> None:
        self._http = self._plain_client()
        self._is_open = True

    async def close(self) -> None:
        """Stops the server, or deletes the workspace that was made."""
        if not self._is_open:
            return
        try:
            if self._deletes_workspace:
                await self._run(operations.delete_workspace(self._control))
        finally:
            self._is_open = False
            await self._http.aclose()
            if self._stops_backend:
                await asyncio.to_thread(self._backend.stop)

    async def __aenter__(self) -> Self:
        return self if self._is_open else await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def _plain_client(self, **options: Any) -> httpx.AsyncClient:
        transport = self._backend.async_transport()
        # Without the environment: a proxy that it names cannot reach a server on this machine.
        return httpx.AsyncClient(
            base_url=self.base_url, transport=transport, timeout=PATIENCE, trust_env=False, **options
        )

    async def _run(self, steps: Steps[T]) -> T:
        """Sends the requests of an operation one after the other."""
        if not self._is_open:
            raise RuntimeError(NOT_STARTED)
        try:
            ask = next(steps)
            while True:
                timeout = PATIENCE + ask.waits
                ask = steps.send(await self._http.request(ask.method, ask.path, timeout=timeout, **ask.options()))
        except StopIteration as end:
            result: T = end.value
            return result

    async def workspace(self, name: str | None = None, *, world: str | None = None) -> Self:
        """A new world of the same sandbox, with credentials of its own; `close` or `async with` deletes it."""
        child = type(self)._of(self._backend, name or new_name("test"), is_own=True, is_child=True)
        await self._run(operations.create_workspace(child._control, world))
        child._open()
        child.scenario = self.scenario
        return child

    # Credentials and clients

    @property
    async def credentials(self) -> list[Json]:
        """Every credential of the world, as `GET /_sandbox/credentials` lists them."""
        return await self._run(self._control.credentials())

    async def credential(self, kind: str, organisation: str | None = None) -> Json:
        """The first credential of a kind, or the one with that client id or HL7 user name. Raises LookupError."""
        return signing_in.choose_credential(await self.credentials, kind, organisation)

    async def token(self, kind: str, organisation: str | None = None, *, user: str | None = None) -> str:
        """A new access token. Raises ValueError for an HL7 credential, which has none."""
        row = await self.credential(kind, organisation)
        return (await self._run(signing_in.token(self._control, row, user))).access_token

    async def sign_in(self, user: str, client: str = "user-client") -> Tokens:
        """The tokens that a user's approval gives to a User Client; `user` is an e-mail address or an id."""
        return await self._run(signing_in.sign_in(self._control, await self.credential(client), user))

    async def client(self, kind: str, organisation: str | None = None, *, user: str | None = None) -> httpx.AsyncClient:
        """A client whose requests carry what the kind needs: its token, renewed by itself, and the organisation header.

        Addresses are below `base_url`: `client.get("/fhir/Patient")`. Close it, or use it in `async with`.
        """
        row = await self.credential(kind, organisation)
        headers = {**self._control.headers, **signing_in.organisation_header(row, organisation)}
        auth: httpx.Auth
        if "username" in row:
            auth = httpx.BasicAuth(row["username"], row["password"])
        else:
            auth = signing_in.TokenAuth(self.base_url, lambda: signing_in.token(self._control, row, user))
        return self._plain_client(headers=headers, auth=auth)

    # HL7

    async def send_hl7(self, text: str, credential: str | None = None) -> Ack:
        """Send a message by SOAP, as the first HL7 user or a named one; lines may end in CR, LF or both."""
        return await self._run(operations.send_hl7(self._control, text, credential))

    async def lint(self, text: str, credential: str | None = None) -> Json:
        """Return what PKB would require, use, ignore and reject of a message (`findings`), and what it would change."""
        body = {"text": text}
        if credential:
            body["credential"] = signing_in.id_of(await self.credential(credential))
        return await self._ask("POST", "/hl7/lint", body)

    # The record

    @property
    async def patients(self) -> list[Json]:
        """The patients of the world, each with the reason why it is there."""
        return list((await self._run(self._control.world()))["patients"])

    async def record(self, patient: str) -> Json:
        """All that the record holds of a patient, by public or legacy id, NHS number or local number."""
        return await self._ask("GET", f"/records/{patient}")

    async def generate(self, patients: int, seed: int = 1) -> Json:
        """Adds synthetic patients with their histories."""
        return await self._ask("POST", "/generate", {"patients": patients, "seed": seed})

    async def reset(self) -> None:
        """Back to the seeded world: record, clock, faults and journal."""
        await self._ask("POST", "/reset", {})

    # Time

    async def freeze(self, at: datetime | str) -> Json:
        """Hold the clock at an instant; what became due until then happens."""
        return await self._ask("PUT", "/clock", {"mode": "frozen", "at": operations.as_instant(at)})

    async def advance(self, by: timedelta | str) -> Json:
        """Move the clock on, by a timedelta or an ISO 8601 duration; what becomes due happens, in order of time."""
        return await self._ask("PUT", "/clock", {"advance": operations.as_duration(by)})

    # Traffic

    @property
    async def exchanges(self) -> list[Json]:
        """The exchanges of the world, newest last."""
        return list((await self._ask("GET", "/exchanges"))["exchanges"])

    async def explanation(self, exchange: str) -> Json:
        """Why an exchange was refused, or what of it was ignored: rule, cell, standing and source."""
        return await self._ask("GET", f"/exchanges/{exchange}/explanation")

    async def wait_for(self, timeout: float = 10.0, **filters: Any) -> Json:
        """The newest exchange that matches, as soon as there is one. Raises TimeoutError.

        Filters: `api`, `operation`, `client`, `patient`, `outcome`, `scenario`, `since`.
        """
        return await self._run(operations.wait_for(self._control, timeout, filters))

    async def assert_exchanged(self, **expectation: Any) -> None:
        """Raises AssertionError, in a sentence, unless the journal meets an expectation.

        It is one of `POST /_sandbox/verify`: filters, `body`, and `count`, `at_least` or `at_most`.
        """
        await self._run(operations.assert_exchanged(self._control, expectation))

    async def assert_contract(self, fail_on: str = "refused", allow: dict[str, str] | None = None) -> Json:
        """Raises AssertionError, a sentence for each rule, unless the traffic keeps PKB's contract; returns the report.

        `fail_on`: `refused`, `advice`, `choice` or `inferred`, each with those before it. `allow` maps rules that may
        be broken to the reason.
        """
        return await self._run(operations.assert_contract(self._control, fail_on, allow or {}))

    @property
    async def outbox(self) -> list[Json]:
        """The invitations and notifications that PKB would have sent."""
        return list((await self._ask("GET", "/outbox"))["items"])

    # Faults and checkpoints

    @property
    async def faults(self) -> list[Json]:
        """The fault rules, each with its hits."""
        return list((await self._ask("GET", "/faults"))["rules"])

    async def set_faults(self, rules: list[Json]) -> list[Json]:
        """Replace all fault rules; an empty list removes them."""
        return list((await self._ask("PUT", "/faults", {"rules": rules}))["rules"])

    async def fail_next(self, **rule: Any) -> Json:
        """Let the next request that fits fail: `fail_next(api="hl7", drop="after-commit")`. `first=3` means three."""
        return await self._run(operations.fail_next(self._control, rule))

    async def checkpoint(self, name: str | None = None) -> str:
        """Keep the state of the world, and return the name to compare with or to go back to."""
        name = name or new_name("checkpoint")
        await self._ask("POST", "/checkpoints", {"name": name})
        return name

    async def restore(self, checkpoint: str) -> None:
        """Go back to the state of a checkpoint."""
        await self._ask("POST", f"/checkpoints/{checkpoint}/restore")

    async def changes_since(self, checkpoint: str) -> Json:
        """Return the changes since a checkpoint, in clinical words: `added`, `changed`, `removed`."""
        return await self._ask("GET", f"/checkpoints/{checkpoint}/diff")

    async def _ask(self, method: str, path: str, body: Any = None) -> Json:
        answer: Json = await self._run(self._control.ask(method, path, body))
        return answer
