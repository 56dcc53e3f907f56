"""The health checks: a front end of their own, so that a server is ready before any other control call is loaded."""

from __future__ import annotations

from typing import Any

from sandbox import __version__
from sandbox.control.named_world import identify
from sandbox.control.problem import dialect
from sandbox.errors import NotReady
from sandbox.http.call import Call
from sandbox.http.control_operations import ControlOperation
from sandbox.http.front_end import FrontEnd
from sandbox.http.hl7_port import with_port
from sandbox.http.prefixes import HL7
from sandbox.http.routes import Route
from sandbox.worlds.workspaces import Workspaces


def front_end(workspaces: Workspaces) -> FrontEnd:
    routes = tuple(Route(row.method, row.path, row, row.summary) for row in OPERATIONS)
    return FrontEnd(
        api="control",
        workspaces=workspaces,
        routes=routes,
        identify=identify,
        dialect=dialect,
        journal=False,
        is_always_open=True,
    )


def _live(call: Call) -> Any:
    return {"status": "live", "version": __version__}


def _ready(call: Call) -> Any:
    if call.workspaces.is_loading:
        raise NotReady
    return {
        "status": "ready",
        "version": __version__,
        "base_url": call.base_url,
        "hl7_url": _hl7_url(call),
        "mllp_port": call.settings.mllp_port or None,
    }


def _hl7_url(call: Call) -> str:
    """Return the URL of the HL7 API on its own port, if it has one; behind `--base-url` a proxy has one port for
    all.
    """
    port = None if call.settings.base_url else call.workspaces.hl7_port
    return f"{with_port(call.base_url, port) if port else call.base_url}{HL7}"


OPERATIONS = (
    ControlOperation("GET", "/health/live", "Reports that the server is running", _live),
    ControlOperation("GET", "/health/ready", "Reports that the server is ready, with its world loaded", _ready),
)
