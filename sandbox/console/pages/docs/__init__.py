"""Documentation."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.console.rendering import render_page
from sandbox.http.call import Call
from sandbox.http.routes import Route

PATH = "/docs"


def show(call: Call) -> Response:
    return render_page(call, "docs/index.html", title="Documentation")


ROUTES = (Route("GET", PATH, show, "Documentation"),)
