"""The control API of the other server, if that is a sandbox: who is in its world, and approval as a user."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from sandbox.replay.bindings import Bindings
from sandbox.replay.connection import ReplayConnection
from sandbox.replay.recording import Json, rows_of

PREFIX = "/_sandbox"


class OtherSandbox:
    """Control calls to the other server; each returns None where they are not available."""

    def __init__(self, connection: ReplayConnection, admin_token: str | None, workspace: str | None) -> None:
        self._connection = connection
        self._admin_token = admin_token
        self._workspace = workspace
        self._is_sandbox: bool | None = None

    def world(self) -> Json | None:
        """Return organisations, patients and users."""
        return self._ask("GET", "/world")

    def code(self, user: str, request: Mapping[str, str]) -> str | None:
        """Return an authorization code that a user approved for a client."""
        approved = self._ask("POST", f"/users/{quote(user, safe='')}/approve", request)
        query = parse_qs(urlsplit(str((approved or {}).get("redirect", ""))).query)
        return next(iter(query.get("code", [])), None)

    def _ask(self, method: str, path: str, payload: Mapping[str, str] | None = None) -> Json | None:
        if not self._is_there():
            return None
        query = f"?{urlencode({'workspace': self._workspace})}" if self._workspace else ""
        headers = {"Authorization": f"Bearer {self._admin_token}"} if self._admin_token else {}
        body = b"" if payload is None else json.dumps(payload).encode()
        content_type = {"Content-Type": "application/json"} if body else {}
        reply = self._connection.send(method, f"{PREFIX}{path}{query}", {**headers, **content_type}, body)
        answer = reply.as_json() if reply.status == 200 else None
        return answer if isinstance(answer, dict) else None

    def _is_there(self) -> bool:
        # Any other server must get nothing but this one harmless request: no call of the control API, no admin token.
        if self._is_sandbox is None:
            reply = self._connection.send("GET", f"{PREFIX}/health/ready", {}, b"")
            answer = reply.as_json() if reply.status == 200 else None
            self._is_sandbox = isinstance(answer, dict) and answer.get("status") == "ready"
        return self._is_sandbox


KEYS: tuple[tuple[str, Sequence[str]], ...] = (
    ("organisations", ("id", "name")),
    ("patients", ("id", "nhs_number")),
    ("users", ("id", "email")),
    ("partners", ("id", "name")),
)
"""Kind of entity in a world → the keys by which the same one is recognised, in order."""


def bind_worlds(recorded: Json, actual: Json, bindings: Bindings) -> None:
    """Note which ids of one world stand for those of another, by equal ids, numbers, addresses and names."""
    for kind, keys in KEYS:
        for row in rows_of(recorded, kind):
            partner = _partner(row, rows_of(actual, kind), keys)
            if partner is None:
                continue
            for key in ("id", "legacy_id"):
                if row.get(key) and partner.get(key):
                    bindings.bind(str(row[key]), str(partner[key]))
            if kind == "organisations":
                _bind_teams(row, partner, bindings)


def _bind_teams(recorded: Json, actual: Json, bindings: Bindings) -> None:
    for team in rows_of(recorded, "teams"):
        partner = _partner(team, rows_of(actual, "teams"), ("id", "alias", "name"))
        if partner is not None:
            bindings.bind(str(team.get("id")), str(partner.get("id")))


def _partner(row: Json, rows: Sequence[Json], keys: Sequence[str]) -> Any:
    for key in keys:
        match = next((other for other in rows if row.get(key) and other.get(key) == row[key]), None)
        if match is not None:
            return match
    return None
