"""Synthetic people for the world, made in the background."""

from __future__ import annotations

import asyncio
from functools import partial

from starlette.responses import Response

from sandbox.console.browser import check_csrf
from sandbox.console.forms import body_of, leave, parse_form, value_of
from sandbox.console.pages.bench import generation
from sandbox.console.pages.bench.commands import command
from sandbox.console.rendering import render_page
from sandbox.errors import Invalid
from sandbox.http.call import Call
from sandbox.http.routes import Route
from sandbox.model import Organisation
from sandbox.store import Store
from sandbox.synthetic.control import MOST
from sandbox.synthetic.homes import home_organisations

PATH = "/bench/generate"
PATIENTS, SEED = 10, 1
"""Values that the form proposes."""
AT_ONCE = 0.3
"""Seconds in which a small run ends, and a wrong one is refused."""


def show_generation(call: Call) -> Response:
    world = call.workspace
    run = generation.latest(world)
    return render_page(
        call,
        "bench/generate.html",
        title="Generate people",
        run=run,
        progress=run.progress(world) if run is not None else 0,
        organisations=_organisations(world.store),
        most=MOST,
        proposed={"patients": PATIENTS, "seed": SEED},
        command=partial(command, call),
    )


def _organisations(store: Store) -> list[tuple[str, str]]:
    """Return id and name of the organisations that can register people; none in a world without HL7 credentials."""
    try:
        homes = dict.fromkeys(place.home.organisation for place in home_organisations(store))
    except Invalid:
        return []
    return [(id_, store.get(Organisation, id_).name) for id_ in homes]


async def start(call: Call) -> Response:
    """Start a run. Raises Invalid for values that the control call refuses, Conflict while another run goes on."""
    fields = parse_form(call)
    check_csrf(call, value_of(fields, "_csrf"))
    body = body_of(fields)
    run = generation.start(call, body, body.get("patients", PATIENTS))
    if run.task is not None:
        # A small run is over before the page is shown again, and a refused one can still be answered with its reason.
        await asyncio.wait({run.task}, timeout=AT_ONCE)
    if run.state == "failed":
        raise Invalid(run.text)
    return leave(call, PATH, "Generating …" if run.is_running else f"{run.count} patients are new in this world.")


def stop(call: Call) -> Response:
    """Stop the run; the people that it made stay."""
    check_csrf(call, value_of(parse_form(call), "_csrf"))
    generation.stop(call.workspace)
    return leave(call, PATH, "Stopped. The people that were made by then stay.")


ROUTES = (
    Route("GET", PATH, show_generation, "Generate people"),
    Route("POST", PATH, start, "Generate people"),
    Route("POST", f"{PATH}/stop", stop, "Stop generating people"),
)
