"""Bench."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.console.rendering import render_page
from sandbox.http.call import Call
from sandbox.http.routes import Route

PATH = "/bench"


def show(call: Call) -> Response:
    return render_page(call, "bench/index.html", title="Bench")


VIEWS = ("", "/workspaces", "/clock", "/faults", "/held", "/outbox")

ROUTES = tuple(Route("GET", f"{PATH}{view}", show, "Bench") for view in VIEWS)
