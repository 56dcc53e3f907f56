"""Checkpoints: named states of a world, to restore and to compare with."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from starlette.responses import PlainTextResponse, Response

from sandbox.base.clock import instant
from sandbox.control import fields
from sandbox.http.call import Call
from sandbox.http.control_operations import ControlOperation, body, parameters
from sandbox.worlds.checkpoints import NOW, Checkpoint
from sandbox.worlds.settling import settle
from sandbox.worlds.slices import Slices

if TYPE_CHECKING:
    from sandbox.worlds.difference.entries import DifferenceEntry

Json = dict[str, Any]


def _as_json(checkpoint: Checkpoint) -> Json:
    return {"name": checkpoint.name, "at": instant(checkpoint.at)}


async def _create(call: Call) -> Json:
    name = fields.text(body(call, ("name",)), "name")
    await settle(call.workspace.store)
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
    from sandbox.worlds.difference.comparing import StoreDifference

    later = parameters(call, ("to",)).get("to")
    names = (call.params["name"], later or NOW)
    # An unknown name is refused before the work, not after it.
    call.workspace.checkpoints.get(names[0])
    await settle(call.workspace.store)
    comparison, difference, slices = call.workspace.checkpoints.comparison(names[0], later), StoreDifference(), Slices()
    for _ in comparison.fill(difference):
        await slices.pause()
    if _prefers_text(call):
        return PlainTextResponse(as_text(difference, names, comparison.states))
    parts = {"from": _json(names[0]), "to": _json(names[1])}
    for name, entries in (
        ("added", difference.added),
        ("changed", difference.changed),
        ("removed", difference.removed),
    ):
        parts[name] = await _list_text(entries, slices)
    text = ",".join(f'"{name}":{part}' for name, part in parts.items())
    return Response(f"{{{text}}}", media_type="application/json")


async def _list_text(entries: Iterable[DifferenceEntry], slices: Slices) -> str:
    """Write a list entry by entry: one of thousands would hold up the server."""
    texts = []
    for entry in entries:
        texts.append(_json(entry.as_json()))
        await slices.pause()
    return f"[{','.join(texts)}]"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _prefers_text(call: Call) -> bool:
    accepted = call.headers.get("accept", "")
    # Whichever of the two stands first; JSON is for programs, whose libraries often accept both.
    return "text/plain" in accepted and "json" not in accepted.split("text/plain")[0]


OPERATIONS = (
    ControlOperation("POST", "/checkpoints", "Saves the state of the world under a name", _create, 201),
    ControlOperation("GET", "/checkpoints", "Lists the checkpoints, oldest first", _list),
    ControlOperation("POST", "/checkpoints/{name}/restore", "Restores a checkpoint", _restore),
    ControlOperation("GET", "/checkpoints/{name}/diff", "Describes the changes in clinical terms", _difference),
    ControlOperation("DELETE", "/checkpoints/{name}", "Deletes a checkpoint", _delete),
)
