"""Conformance runs: the client's next task, the requests so far, and the judgements. A look at the page advances the
run, as a call of the control API does.
"""

from __future__ import annotations

from starlette.responses import Response

from sandbox.conformance.calls import SETTLE, TIMEOUT
from sandbox.conformance.profile import profiles
from sandbox.conformance.run import RUNNING, Run
from sandbox.conformance.views import profile_row, run_view
from sandbox.console.pages.bench.commands import command
from sandbox.console.rendering import render_page
from sandbox.errors import NotFound
from sandbox.http.call import Call
from sandbox.http.routes import Route
from sandbox.worlds.workspace import Workspace

PATH = "/bench/conformance"
STATES = {"running": "info", "passed": "ok", "failed": "bad", "skipped": "warn", "ended": "warn"}
"""State of a run or step → the class of its chip."""


def show_conformance(call: Call) -> Response:
    runs = runs_of(call.workspace)
    for run in runs.values():
        run.advance()
    running = next((run.profile.name for run in runs.values() if run.state == RUNNING), None)
    name = call.request.query_params.get("profile") or running or next(iter(runs or profiles()))
    if name not in profiles():
        raise NotFound(f"No conformance profile {name[:80]!r}")
    run_of_profile = runs.get(name)
    return render_page(
        call,
        "bench/conformance.html",
        title="Conformance",
        rows=[profile_row(profile, runs.get(profile.name)) for profile in profiles().values()],
        profile=profiles()[name],
        run=run_view(run_of_profile) if run_of_profile else None,
        running=running,
        states=STATES,
        command=command(call, f"conformance {name}"),
        timeout=TIMEOUT,
        settle=SETTLE,
    )


def runs_of(world: Workspace) -> dict[str, Run]:
    """Return the conformance runs of a world by profile, the newest last."""
    return {name: run for name, run in world.runs.items() if isinstance(run, Run)}


ROUTES = (Route("GET", PATH, show_conformance, "Conformance"),)
