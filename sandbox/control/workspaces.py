"""Workspaces as control calls: made with credentials of their own, listed, deleted."""

from __future__ import annotations

import re
from typing import Any

from starlette.responses import Response

from sandbox.access import credentials
from sandbox.base.clock import instant
from sandbox.control import fields
from sandbox.errors import Invalid
from sandbox.http.call import Call
from sandbox.http.control_operations import ControlOperation, body
from sandbox.model import Organisation, Patient
from sandbox.worlds.workspace import Workspace

Json = dict[str, Any]
NAME = re.compile(r"(?!\.{1,2}\Z)[a-z0-9._-]{1,64}")
"""A name. Clients take `.` and `..` out of addresses, so that nobody could delete a workspace of that name."""
LONGEST_IDLE = 365 * 24 * 3600
"""Seconds: a year."""


def _create(call: Call) -> Json:
    payload = body(call, ("name", "world", "idle_seconds"))
    name = fields.text(payload, "name")
    if not NAME.fullmatch(name):
        raise Invalid(
            f"name must be 1 to 64 of a-z, 0-9, '-', '_' and '.', and not '.' or '..' alone; not {name[:80]!r}"
        )
    world = fields.text(payload, "world") if payload.get("world") is not None else None
    workspace = call.workspaces.create(name, world, _idle_seconds(payload))
    return {"name": name, "credentials": credentials.list_credentials(workspace), "world": _world(workspace)}


def _idle_seconds(payload: Json) -> float | None:
    value = payload.get("idle_seconds")
    if value is None:
        return None
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not 0 < value <= LONGEST_IDLE:  # NaN is not above 0 either
        raise Invalid(f"idle_seconds must be a number of seconds above 0, at most {LONGEST_IDLE}, not {value!r}")
    return float(value)


def _world(workspace: Workspace) -> Json:
    store = workspace.store
    return {
        "name": workspace.world,
        "organisations": store.count(Organisation),
        "patients": store.count(Patient),
    }


def _list(call: Call) -> Json:
    return {"workspaces": [_workspace_row(workspace) for workspace in call.workspaces]}


def _workspace_row(workspace: Workspace) -> Json:
    return {
        "name": workspace.name,
        "created_at": instant(workspace.usage.created_at),
        "last_used_at": instant(workspace.usage.last_used_at),
        "exchanges": len(workspace.exchanges),
    }


def _delete(call: Call) -> Response:
    call.workspaces.delete(call.params["name"])
    return Response(status_code=204)


OPERATIONS = (
    ControlOperation(
        "POST",
        "/workspaces",
        "Creates an isolated copy of the seeded world, with new credentials",
        _create,
        201,
        is_about_a_world=False,
    ),
    ControlOperation(
        "GET", "/workspaces", "Lists the workspaces, default workspace first", _list, is_about_a_world=False
    ),
    ControlOperation(
        "DELETE",
        "/workspaces/{name}",
        "Deletes a workspace with everything in it",
        _delete,
        # A deletion ends what is still changing the world.
        is_about_a_world=False,
    ),
)
