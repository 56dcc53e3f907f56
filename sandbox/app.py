"""The ASGI application: the mount table, and nothing else."""

from __future__ import annotations

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.access import keys
from sandbox.assembly.front_ends import front_ends
from sandbox.assembly.known_operations import known_operations
from sandbox.console.mount import PREFIX as CONSOLE
from sandbox.console.mount import Console
from sandbox.domain.patients.invitations import JOIN
from sandbox.fhir.aggregated.intake.watcher import watch
from sandbox.fhir.base.endpoints import ENDPOINTS
from sandbox.http.cors import sharing
from sandbox.http.hosts import path_by_host
from sandbox.http.prefixes import CONTROL, DOCS, HEALTH, HL7, OAUTH_PAGES, OAUTH_TOKENS, PAGE, REST, SIGNED_IN
from sandbox.synthetic import seeding
from sandbox.worlds.tally import Tally
from sandbox.worlds.workspaces import Workspaces

Mount = tuple[str, str, ASGIApp]
"""The prefix of a path, the part of it that is removed, and the front end."""


def create_app(workspaces: Workspaces) -> ASGIApp:
    """All APIs on one port. Mounts are tried in this order; the first matching prefix answers."""
    workspaces.follow(watch)
    workspaces.seed(seeding.seed)
    # After seeding: a new data file is written with the worlds as they are now.
    workspaces.keep()
    if workspaces.keeper is not None:
        keys.restore(workspaces)
    shared = sharing(workspaces.default.settings.cors_origin)
    apis = front_ends(workspaces)
    workspaces.tally = Tally(known_operations(lambda api: apis[api].front_end))
    console = Console(workspaces)
    mounts: list[Mount] = [
        (CONSOLE, CONSOLE, console),
        (JOIN, "", console),
        # Before the control API, below whose prefix the documentation and the health checks are.
        (DOCS, "", console),
        (HEALTH, CONTROL, apis["health"]),
        (CONTROL, CONTROL, apis["control"]),
        (HL7, HL7, apis["hl7"]),
        # Without CORS: people sign in and consent on these pages, which no script of another site may read.
        *((prefix, "", apis["oauth"]) for prefix in OAUTH_PAGES),
        *((prefix, "", shared(apis["oauth"])) for prefix in OAUTH_TOKENS),
        *((prefix, "", shared(apis["rest"])) for prefix in REST),
        *((endpoint.prefix, endpoint.prefix, shared(apis[endpoint.api])) for endpoint in ENDPOINTS),
    ]
    console.app = Mounts(mounts, pages=apis["oauth"], home=console)
    return console.app


class Mounts:
    """Routes a request to a front end by the prefix of its path.

    Any other address that ends as PKB's web pages do is one of `pages`; so is the root for a browser with the cookie of
    a one-time password, else it is `home`.
    """

    def __init__(self, mounts: list[Mount], pages: ASGIApp, home: ASGIApp) -> None:
        self._mounts: dict[str, list[tuple[str, str, str, ASGIApp]]] = {}
        for prefix, removed, front_end in mounts:
            self._mounts.setdefault(_first_segment(prefix), []).append((prefix, f"{prefix}/", removed, front_end))
        self._pages = pages
        self._home = home

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Other ASGI servers may send `lifespan` or `websocket`; returning at once means that they are not supported.
        if scope["type"] != "http":
            return
        path = path_by_host(scope)
        for prefix, below, removed, front_end in self._mounts.get(_first_segment(path), ()):
            if path == prefix or path.startswith(below):
                await front_end({**scope, "path": path, "app_prefix": removed}, receive, send)
                return
        if path.endswith(PAGE):
            await self._pages({**scope, "path": path, "app_prefix": ""}, receive, send)
            return
        if path == "/" and scope["method"] in ("GET", "HEAD"):
            home = self._pages if _is_signed_in(scope) else self._home
            await home({**scope, "path": path, "app_prefix": ""}, receive, send)
            return
        nothing = (
            f"No route matches {path}. The APIs are at /services/hl7, /fhir and /api/oauth/token; control at /_sandbox."
        )
        await PlainTextResponse(nothing, 404)(scope, receive, send)


def _first_segment(path: str) -> str:
    return path[1:].partition("/")[0]


def _is_signed_in(scope: Scope) -> bool:
    """Return whether a browser has the cookie of PKB's web pages, good or not."""
    name = f"{SIGNED_IN}=".encode()
    return any(header == b"cookie" and name in value for header, value in scope["headers"])
