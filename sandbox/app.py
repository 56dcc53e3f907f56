"""The ASGI application: the mount table and the table of control calls, and nothing else."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.console.mount import PREFIX as CONSOLE
from sandbox.console.mount import Console
from sandbox.control import endpoint as control
from sandbox.control import outbox
from sandbox.control.events import Renderer, follow_events
from sandbox.control.exports import hl7_log
from sandbox.control.verify.operation import verify
from sandbox.control.verify.request_body import Hl7Reader
from sandbox.fhir.aggregated.intake.watcher import watch
from sandbox.fhir.base.endpoints import ENDPOINTS, FhirEndpoint
from sandbox.hl7 import control as hl7_control
from sandbox.hl7 import endpoint as hl7
from sandbox.hl7 import paths
from sandbox.hl7.message_log import messages_of
from sandbox.http.call import Call
from sandbox.http.control_operations import ControlOperation
from sandbox.http.cors import sharing
from sandbox.http.first_use import FirstUse
from sandbox.http.front_end import FrontEnd
from sandbox.http.hosts import path_by_host
from sandbox.known_operations import known_operations
from sandbox.oauth import control as oauth_control
from sandbox.oauth import endpoints as oauth
from sandbox.rest import control as rest_control
from sandbox.rest import endpoint as rest
from sandbox.synthetic import control as generate_control
from sandbox.synthetic import seeding
from sandbox.worlds.tally import Tally
from sandbox.worlds.workspaces import Workspaces


def control_openapi(base_url: str) -> dict[str, Any]:
    """Return the OpenAPI document of everything under `/_sandbox`."""
    return control.openapi(base_url, CONTROL)


def _openapi(call: Call) -> Response:
    return JSONResponse(control_openapi(call.base_url))


EVENTS: dict[str, Renderer] = {
    "exchange": control.exchange_as_json,
    "outbox": outbox.as_json,
    "held": lambda call, message: hl7_control.as_json(message),
    "fault": lambda call, rule: rule,
    "clock": lambda call, state: state,
}
"""Kind of event → its representation in the control API."""

CONTROL = (
    *control.OPERATIONS,
    *hl7_control.OPERATIONS,
    *oauth_control.OPERATIONS,
    *rest_control.OPERATIONS,
    *generate_control.OPERATIONS,
    ControlOperation("GET", "/exchanges.hl7", "Returns the HL7 messages and acknowledgements", hl7_log(messages_of)),
    verify(Hl7Reader(paths.values_at, paths.message_of)),
    ControlOperation("GET", "/events", "Streams events as server-sent events", follow_events(EVENTS)),
    ControlOperation("GET", "/openapi.json", "Returns the OpenAPI document of this API", _openapi),
)
"""The control API: its own operations and those of other rooms."""


def create_app(workspaces: Workspaces) -> ASGIApp:
    """All APIs on one port. Mounts are tried in this order; the first matching prefix answers."""
    workspaces.follow(watch)
    workspaces.seed(seeding.seed)
    shared = sharing(workspaces.default.settings.cors_origin)
    apis = {
        "control": FirstUse(lambda: control.front_end(workspaces, CONTROL)),
        "hl7": FirstUse(lambda: hl7.front_end(workspaces)),
        "oauth": FirstUse(lambda: oauth.front_end(workspaces)),
        "rest": FirstUse(lambda: rest.front_end(workspaces)),
        **{endpoint.api: FirstUse(partial(_fhir, workspaces, endpoint)) for endpoint in ENDPOINTS},
    }
    workspaces.tally = Tally(known_operations(lambda api: apis[api].front_end))
    console = Console(workspaces)
    mounts: list[tuple[str, bool, ASGIApp]] = [
        (CONSOLE, True, console),
        (control.PREFIX, True, apis["control"]),
        (hl7.PREFIX, True, apis["hl7"]),
        *((prefix, False, apis["oauth"]) for prefix in oauth.PAGES),
        *((prefix, False, shared(apis["oauth"])) for prefix in oauth.TOKENS),
        *((prefix, False, shared(apis["rest"])) for prefix in rest.PREFIXES),
        *((endpoint.prefix, True, shared(apis[endpoint.api])) for endpoint in ENDPOINTS),
    ]
    console.app = Mounts(mounts, pages=apis["oauth"], home=console)
    return console.app


def _fhir(workspaces: Workspaces, endpoint: FhirEndpoint) -> FrontEnd:
    from sandbox.fhir import mounts  # a third of all code: see `FirstUse`

    return mounts.front_end(workspaces, endpoint)


class Mounts:
    """Routes a request to a front end by the prefix of its path; `True` removes the prefix.

    Any other address that ends as PKB's web pages do is one of `pages`; the root is `home`.
    """

    def __init__(self, mounts: list[tuple[str, bool, ASGIApp]], pages: ASGIApp, home: ASGIApp) -> None:
        self._mounts: dict[str, list[tuple[str, str, bool, ASGIApp]]] = {}
        for prefix, strip, front_end in mounts:
            self._mounts.setdefault(_first_segment(prefix), []).append((prefix, f"{prefix}/", strip, front_end))
        self._pages = pages
        self._home = home

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path = path_by_host(scope)
        for prefix, below, strip, front_end in self._mounts.get(_first_segment(path), ()):
            if path == prefix or path.startswith(below):
                await front_end({**scope, "path": path, "app_prefix": prefix if strip else ""}, receive, send)
                return
        if path.endswith(oauth.PAGE):
            await self._pages({**scope, "path": path, "app_prefix": ""}, receive, send)
            return
        if path == "/" and scope["method"] in ("GET", "HEAD"):
            await self._home({**scope, "path": path, "app_prefix": ""}, receive, send)
            return
        nothing = (
            f"No route matches {path}. The APIs are at /services/hl7, /fhir and /api/oauth/token; control at /_sandbox."
        )
        await PlainTextResponse(nothing, 404)(scope, receive, send)


def _first_segment(path: str) -> str:
    return path[1:].partition("/")[0]
