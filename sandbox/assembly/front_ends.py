"""The front end of each API. Every function imports its room, for `FirstUse` to call: a start imports none of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sandbox.access.keys import key_ring
from sandbox.fhir.base.endpoints import ENDPOINTS, FhirEndpoint
from sandbox.http.first_use import FirstUse, Preparation
from sandbox.http.front_end import FrontEnd
from sandbox.worlds.workspaces import Workspaces


def front_ends(workspaces: Workspaces) -> dict[str, FirstUse]:
    """Return the front ends of a server by API; the health checks count as an API of their own."""
    make_key = partial(key_ring, workspaces.default.settings.seed is not None)
    preparations = {"oauth": Preparation(make_key, _needs_key)}
    return {
        api: FirstUse(partial(build, workspaces), MODULES[api], preparations.get(api))
        for api, build in FRONT_ENDS.items()
    }


def _needs_key(method: str, path: str) -> bool:
    """Return whether a request to OAuth may need the signing key: for a token, or to publish its public half."""
    return method == "POST" or path.endswith("/certs")


def _health(workspaces: Workspaces) -> FrontEnd:
    from sandbox.control import health

    return health.front_end(workspaces)


def _control(workspaces: Workspaces) -> FrontEnd:
    from sandbox.assembly.control_calls import CONTROL
    from sandbox.control import endpoint

    return endpoint.front_end(workspaces, CONTROL)


def _hl7(workspaces: Workspaces) -> FrontEnd:
    from sandbox.hl7 import endpoint

    return endpoint.front_end(workspaces)


def _oauth(workspaces: Workspaces) -> FrontEnd:
    from sandbox.oauth import endpoints

    return endpoints.front_end(workspaces)


def _rest(workspaces: Workspaces) -> FrontEnd:
    from sandbox.rest import endpoint

    return endpoint.front_end(workspaces)


def _fhir(endpoint: FhirEndpoint, workspaces: Workspaces) -> FrontEnd:
    from sandbox.fhir import mounts

    return mounts.front_end(workspaces, endpoint)


FRONT_ENDS: dict[str, Callable[[Workspaces], FrontEnd]] = {
    "health": _health,
    "control": _control,
    "hl7": _hl7,
    "oauth": _oauth,
    "rest": _rest,
    **{endpoint.api: partial(_fhir, endpoint) for endpoint in ENDPOINTS},
}
"""An API → the function that imports and builds its front end."""

# Beside the functions, so that a thread can import a room before its front end is built in the event loop.
MODULES: dict[str, tuple[str, ...]] = {
    "health": ("sandbox.control.health",),
    "control": ("sandbox.control.endpoint", "sandbox.assembly.control_calls"),
    "hl7": ("sandbox.hl7.endpoint",),
    "oauth": ("sandbox.oauth.endpoints",),
    "rest": ("sandbox.rest.endpoint",),
    **{endpoint.api: ("sandbox.fhir.mounts",) for endpoint in ENDPOINTS},
}
"""An API → the modules that this function imports."""
