"""Plan an integration."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.console.rendering import render_page
from sandbox.http.call import Call
from sandbox.http.routes import Route

PATH = "/start"


def show(call: Call) -> Response:
    return render_page(call, "start/index.html", title="Plan an integration")


ROUTES = (Route("GET", PATH, show, "Plan an integration"),)
