"""The state of the world, each part with a link to where it changes."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.console.pages.bench import due_next
from sandbox.console.pages.bench.conformance import runs_of
from sandbox.console.rendering import render_page
from sandbox.http.call import Call
from sandbox.http.routes import Route


def show_state_of_world(call: Call) -> Response:
    world = call.workspace
    now = world.clock.now()
    return render_page(
        call,
        "bench/index.html",
        title="Bench",
        world=world,
        next_due=next(iter(due_next.rows_after(world.store, now)), None),
        distance=due_next.distance,
        checkpoints=[checkpoint.name for checkpoint in world.checkpoints],
        workspaces=sum(1 for _ in call.workspaces),
        runs={name: run.state for name, run in runs_of(world).items()},
        hits=sum(rule.hits for rule in world.faults),
    )


ROUTES = (Route("GET", "/bench", show_state_of_world, "Bench"),)
