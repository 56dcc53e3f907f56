"""The clock of the world: freeze it, advance it, and see what becomes due."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.responses import Response

from sandbox.console.pages.bench import due_next
from sandbox.console.pages.bench.commands import command
from sandbox.console.rendering import render_page
from sandbox.http.call import Call
from sandbox.http.routes import Route

STEPS = (("PT15M", "15 minutes"), ("PT1H", "1 hour"), ("P1D", "1 day"), ("P1W", "1 week"))
"""Durations with a button of their own."""
MOST_CHANGES = 5
"""Changes of the clock on the page."""


def show_clock(call: Call) -> Response:
    world = call.workspace
    now = world.clock.now()
    changes: list[dict[str, Any]] = [event.subject for event in world.events.latest("clock", MOST_CHANGES)]
    return render_page(
        call,
        "bench/clock.html",
        title="Clock",
        now=now,
        steps=STEPS,
        rows=due_next.rows_after(world.store, now),
        total=due_next.count_after(world.store, now),
        distance=due_next.distance,
        command=partial(command, call),
        changes=changes,
    )


ROUTES = (Route("GET", "/bench/clock", show_clock, "Clock"),)
