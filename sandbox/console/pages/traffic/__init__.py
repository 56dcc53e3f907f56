"""Traffic."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.console.rendering import render_page
from sandbox.http.call import Call
from sandbox.http.routes import Route

PATH = "/traffic"


def show(call: Call) -> Response:
    return render_page(call, "traffic/index.html", title="Traffic")


ROUTES = (Route("GET", PATH, show, "Traffic"),)
