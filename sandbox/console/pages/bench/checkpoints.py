"""The checkpoints of the world: named states, to go back to and to compare with."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.responses import Response

from sandbox.console.in_process import send_control
from sandbox.console.pages.bench.commands import command
from sandbox.console.rendering import render_page
from sandbox.http.call import Call
from sandbox.http.routes import Route
from sandbox.model import Patient

KINDS = (("added", "ok", "Added"), ("changed", "info", "Changed"), ("removed", "warn", "Removed"))
"""Key of the difference → chip and title."""
MOST = 100
"""Entries of each kind on the page."""


def show(call: Call) -> Response:
    checkpoints = list(call.workspace.checkpoints)
    names = {checkpoint.name for checkpoint in checkpoints}
    number = next(number for number in range(1, len(names) + 2) if f"checkpoint-{number}" not in names)
    return render_page(
        call,
        "bench/checkpoints.html",
        title="Checkpoints",
        checkpoints=checkpoints[::-1],
        proposed=f"checkpoint-{number}",
        command=partial(command, call),
    )


async def show_difference(call: Call) -> Response:
    """Show what changed from the checkpoint `?from=` to the one of `?to=`, or to now. Raises NotFound."""
    query = call.request.query_params
    start, end = query.get("from", ""), query.get("to", "")
    call.workspace.checkpoints.get(start)
    difference = await send_control(call, "GET", f"/checkpoints/{start}/diff", query={"to": end} if end else {})
    sections = [
        (chip, title, len(difference[key]), [_row(call, entry) for entry in difference[key][:MOST]])
        for key, chip, title in KINDS
    ]
    return render_page(
        call,
        "bench/difference.html",
        title=f"What changed since {start}",
        start=start,
        end=end,
        checkpoints=[checkpoint.name for checkpoint in call.workspace.checkpoints],
        sections=[section for section in sections if section[2]],
        command=command(call, f"checkpoint diff {start}" + (f" --to {end}" if end else "")),
    )


def _row(call: Call, entry: dict[str, Any]) -> dict[str, Any]:
    patient = call.workspace.store.find_one(Patient, entry["patient"])
    return entry | {"name": patient.name.display if patient is not None else ""}


ROUTES = (
    Route("GET", "/bench/checkpoints", show, "Checkpoints"),
    Route("GET", "/bench/checkpoints/difference", show_difference, "Difference"),
)
