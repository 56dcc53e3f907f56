"""The checkpoints of the world: named states, to go back to and to compare with."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.responses import Response

from sandbox.console.pages.bench.commands import command
from sandbox.console.rendering import render_page
from sandbox.http.call import Call
from sandbox.http.routes import Route
from sandbox.model import Patient
from sandbox.worlds.difference.comparing import StoreDifference
from sandbox.worlds.settling import settle
from sandbox.worlds.slices import Slices

MOST = 100
"""Maximum number of entries of each kind on the page."""
MOST_COMPARED = 1000
"""Maximum number of differing entities that are compared for the page, in less than a second."""


def show_checkpoints(call: Call) -> Response:
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
    difference, is_whole = await _difference(call, start, end or None)
    sections = [
        (chip, title, len(entries), [_row(call, entry.as_json()) for entry in entries[:MOST]])
        for entries, chip, title in (
            (difference.added, "ok", "Added"),
            (difference.changed, "info", "Changed"),
            (difference.removed, "warn", "Removed"),
        )
    ]
    return render_page(
        call,
        "bench/difference.html",
        title=f"What changed since {start}",
        start=start,
        end=end,
        checkpoints=[checkpoint.name for checkpoint in call.workspace.checkpoints],
        is_whole=is_whole,
        most_compared=MOST_COMPARED,
        sections=[section for section in sections if section[2]],
        command=command(call, f"checkpoint diff {start}" + (f" --to {end}" if end else "")),
    )


async def _difference(call: Call, start: str, end: str | None) -> tuple[StoreDifference, bool]:
    """Return the difference, and whether it is whole: a very large one is cut. Raises NotFound."""
    # Only for NotFound, before any work is done.
    call.workspace.checkpoints.get(start)
    # In slices, so that others are answered in between: the comparison would sort the indexes all at once.
    await settle(call.workspace.store)
    difference, slices = StoreDifference(), Slices()
    for number, _ in enumerate(call.workspace.checkpoints.comparison(start, end).fill(difference), 1):
        if number == MOST_COMPARED:
            return difference, False
        await slices.pause()
    return difference, True


def _row(call: Call, entry: dict[str, Any]) -> dict[str, Any]:
    patient = call.workspace.store.find_one(Patient, entry["patient"])
    return entry | {"name": patient.name.display if patient is not None else ""}


ROUTES = (
    Route("GET", "/bench/checkpoints", show_checkpoints, "Checkpoints"),
    Route("GET", "/bench/checkpoints/difference", show_difference, "Difference"),
)
