"""Try it."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.console.rendering import render_page
from sandbox.http.call import Call
from sandbox.http.routes import Route

PATH = "/try"


def show(call: Call) -> Response:
    return render_page(call, "try_it/index.html", title="Try it")


ROUTES = (Route("GET", PATH, show, "Try it"),)
