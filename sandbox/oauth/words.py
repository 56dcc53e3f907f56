"""Describe an OAuth request for the journal before it is processed: client, world, patient and grant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

from sandbox.access.credentials import basic
from sandbox.errors import SandboxError
from sandbox.http.call import Call
from sandbox.http.faults import FaultWords
from sandbox.http.subject import public_id
from sandbox.model import Credential
from sandbox.oauth.form import parameters
from sandbox.oauth.grants import GRANTS
from sandbox.worlds.workspace import Workspace

TOKEN = "token"  # noqa: S105 - an operation


def choose_world(call: Call) -> None:
    """Select the world of the request's client, even if the request is then refused."""
    registration = _registration(call)
    if registration is not None:
        call.workspace = registration[0]


def operation_of(call: Call) -> str:
    """Return the operation, with the grant type of a token request if it is supported."""
    grant = _fields(call).get("grant_type", "") if call.operation == TOKEN else ""
    return f"{TOKEN} {grant}" if grant in GRANTS else call.operation


def subject_of(call: Call) -> str:
    """Return the patient whose code or refresh token is exchanged."""
    fields = _fields(call)
    code, refresh_token = fields.get("code", ""), fields.get("refresh_token", "")
    registration = _registration(call) if code or refresh_token else None
    if registration is None:
        return ""
    workspace, client = registration
    user = workspace.sessions.user_of(client.id, code, refresh_token)
    return public_id(workspace.store, user)


def _client_of(call: Call) -> str:
    registration = _registration(call)
    return registration[1].id if registration else ""


def _registration(call: Call) -> tuple[Workspace, Credential] | None:
    header = basic(call.headers.get("authorization", ""))
    name = header[0] if header else _fields(call).get("client_id", "")
    if not name:
        return None
    # RFC 6749 2.3.1: the id is form-encoded in Basic. It is found as sent first, as in `credentials.authenticate`.
    return call.workspaces.with_credential(name) or call.workspaces.with_credential(unquote_plus(name))


def _fields(call: Call) -> Mapping[str, Any]:
    try:
        return parameters(call)
    except SandboxError:
        # The request cannot be parsed: the operation itself will refuse it.
        return {}


WORDS = FaultWords(operation_of=operation_of, client_of=_client_of)
