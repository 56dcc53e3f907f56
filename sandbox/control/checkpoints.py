"""Checkpoints: named states of a world, to restore and to compare with."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.responses import PlainTextResponse, Response

from sandbox.clock import instant
from sandbox.control import fields
from sandbox.http.call import Call
from sandbox.http.control_operations import ControlOperation, body, parameters
from sandbox.worlds.checkpoints import AT_ONCE, NOW, Checkpoint

Json = dict[str, Any]


def _as_json(checkpoint: Checkpoint) -> Json:
    return {"name": checkpoint.name, "at": instant(checkpoint.at)}


def _create(call: Call) -> Json:
    name = fields.text(body(call, ("name",)), "name")
    return _as_json(call.workspace.checkpoints.create(name))


def _list(call: Call) -> Json:
    return {"checkpoints": [_as_json(checkpoint) for checkpoint in call.workspace.checkpoints]}


def _restore(call: Call) -> Json:
    return _as_json(call.workspace.checkpoints.restore(call.params["name"]))


def _delete(call: Call) -> Response:
    call.workspace.checkpoints.delete(call.params["name"])
    return Response(status_code=204)


async def _difference(call: Call) -> Any:
    """Describe the changes from one checkpoint to another, or to now; as text on request."""
    # Not before: a start needs no tables of attributes.
    from sandbox.worlds.difference.as_text import as_text
    from sandbox.worlds.difference.comparing import Difference

    later = parameters(call, ("to",)).get("to")
    names = (call.params["name"], later or NOW)
    comparison, difference = call.workspace.checkpoints.comparison(names[0], later), Difference()
    for number, _ in enumerate(comparison.fill(difference), 1):
        if number % AT_ONCE == 0:
            await asyncio.sleep(0)
    if _prefers_text(call):
        return PlainTextResponse(as_text(difference, names, comparison.states))
    return {
        "from": names[0],
        "to": names[1],
        "added": [entry.as_json() for entry in difference.added],
        "changed": [entry.as_json() for entry in difference.changed],
        "removed": [entry.as_json() for entry in difference.removed],
    }


def _prefers_text(call: Call) -> bool:
    accepted = call.headers.get("accept", "")
    return "text/plain" in accepted and "json" not in accepted.split("text/plain")[0]


OPERATIONS = (
    ControlOperation("POST", "/checkpoints", "Saves the state of the world under a name", _create, 201),
    ControlOperation("GET", "/checkpoints", "Lists the checkpoints, oldest first", _list),
    ControlOperation("POST", "/checkpoints/{name}/restore", "Restores a checkpoint", _restore),
    ControlOperation("GET", "/checkpoints/{name}/diff", "Describes the changes in clinical terms", _difference),
    ControlOperation("DELETE", "/checkpoints/{name}", "Deletes a checkpoint", _delete),
)
