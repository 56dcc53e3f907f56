"""The world of a control call: the workspace in `?workspace=`, else the default one."""

from __future__ import annotations

from sandbox.control import guard
from sandbox.control.openapi import is_guarded
from sandbox.errors import Invalid
from sandbox.http.call import Call
from sandbox.http.control_operations import WORKSPACE


def identify(call: Call) -> None:
    """Check access to the control API, then select the world, so that a stranger learns nothing about worlds.

    Raises Unauthenticated, Invalid for two names, NotFound for an unknown workspace.
    """
    guard.identify(call)
    if not is_guarded(call.path):
        return
    names = call.request.query_params.getlist(WORKSPACE)
    if len(names) > 1:
        raise Invalid(f"Repeated parameter: {WORKSPACE}")
    if names:
        call.workspace = call.workspaces.named(names[0])
