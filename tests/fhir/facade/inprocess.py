"""The Facade without sockets: a statement and rules to be edited, and callers who need no token."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx

from sandbox.access.principal import Principal
from sandbox.base import datafiles
from sandbox.fhir import facade
from sandbox.fhir.base.capability import compile_statement
from sandbox.fhir.base.endpoints import FACADE
from sandbox.fhir.facade import operations
from sandbox.fhir.rendered.engine import Engine
from sandbox.http.front_end import FrontEnd
from sandbox.model import Credential, Grant
from sandbox.settings import Settings
from sandbox.worlds.workspace import Workspace
from sandbox.worlds.workspaces import Workspaces

Json = dict[str, Any]
NORTHMOOR = "ab0469a5-c2ba-4ff7-b9d4-9080df2db07e"


def statement_and_rules() -> tuple[Json, Json]:
    """Copies of the Facade's statement and of the rules beside it."""
    statement = datafiles.read_json(datafiles.path("capability_statements/facade.json"))
    rules = datafiles.read_toml(datafiles.path("capability_statements/facade.toml"))
    return copy.deepcopy(statement), copy.deepcopy(rules)


def row_of(statement: Json, type_: str) -> Json:
    """Return the statement's row of one type, to be changed in place."""
    row: Json = next(row for row in statement["rest"][0]["resource"] if row["type"] == type_)
    return row


class InProcess:
    """A Facade made of a statement and rules, called by anyone."""

    def __init__(self, statement: Json | None = None, rules: Json | None = None, **options: Any) -> None:
        defaults = statement_and_rules()
        offered = compile_statement(statement or defaults[0], rules or defaults[1])
        self.workspaces = Workspaces(Settings(**options))
        self.workspace: Workspace = self.workspaces.default
        self.engine = Engine(FACADE, offered, facade.RESOURCES, operations.FACADE)

    def partner(self) -> Principal:
        """The System Client that Northmoor granted access; it still has to send the organisation header."""
        return Principal(workspace=self.workspace, credential=self.workspace.store.get(Credential, "letterbox-facade"))

    def user(self, id_: str, scope: str, client: str = "stepwise-diary") -> Principal:
        """A person who signed in to an app."""
        credential = self.workspace.store.get(Credential, client)
        return Principal(workspace=self.workspace, credential=credential, user=id_, scope=scope)

    def ask(self, path: str, caller: Principal | None = None, method: str = "GET", **options: Any) -> httpx.Response:
        """One call to `/fhir<path>`, by default as the partner for Northmoor."""
        return asyncio.run(self.call(path, caller, method, **options))

    async def call(
        self, path: str, caller: Principal | None = None, method: str = "GET", **options: Any
    ) -> httpx.Response:
        """The same, within a loop that runs."""
        principal = caller or self.partner()
        front_end: FrontEnd = replace(self.engine.front_end(self.workspaces), identify=_as(principal))
        headers = {"X-Org-Public-Id": NORTHMOOR}
        return await _call(front_end, method, f"/fhir{path}", {"headers": headers, **options})

    def grants(self) -> list[Grant]:
        return list(self.workspace.store.all(Grant))


def _as(principal: Principal) -> Callable[[Any], Principal]:
    return lambda call: principal


async def _call(front_end: FrontEnd, method: str, path: str, options: Json) -> httpx.Response:
    async def mounted(scope: Any, receive: Any, send: Any) -> None:
        await front_end({**scope, "app_prefix": "/fhir"}, receive, send)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=mounted), base_url="http://pkb.test") as client:
        return await client.request(method, path, **options)
