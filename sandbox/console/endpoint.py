"""The addresses of the console: pages, static files, sign-in, and the one address that forms post to."""

from __future__ import annotations

from starlette.responses import PlainTextResponse, RedirectResponse, Response

from sandbox.console import forms, problem, signing_in, site, static_files
from sandbox.console.mount import PREFIX
from sandbox.console.pages import PAGES
from sandbox.console.rendering import link
from sandbox.control import guard
from sandbox.errors import NotFound, Unauthenticated
from sandbox.http.call import Call
from sandbox.http.control_operations import WORKSPACE
from sandbox.http.front_end import FrontEnd
from sandbox.http.routes import Route
from sandbox.worlds.workspaces import Workspaces

OPEN = (signing_in.PATH, "/static/")
"""Beginnings of the paths that need no access to the control API."""


def front_end(workspaces: Workspaces) -> FrontEnd:
    routes = (
        Route("GET", "/", _start, "console"),
        Route("GET", "/static/{name}", static_files.static_file, "static file", is_about_a_world=False),
        Route("GET", signing_in.PATH, signing_in.show_form, "sign in"),
        Route("POST", signing_in.PATH, signing_in.sign_in, "sign in"),
        Route("GET", "/newest", _newest, "newest event"),
        Route("POST", forms.PATH, forms.submit, "form"),
        *(route for page in PAGES for route in page.ROUTES),
        *site.ROUTES,
    )
    return FrontEnd(
        api="console",
        workspaces=workspaces,
        routes=routes,
        identify=_identify,
        dialect=problem.as_page,
        journal=False,
        # Forms make control calls, which are requests of their own: ending those is enough.
        writes=False,
    )


def _identify(call: Call) -> None:
    """Check access to the control API, then select the world of `?workspace=`, whose changes are noted from then on:
    pages say how a datum came.

    Raises Unauthenticated, NotFound.
    """
    if call.path == "/" or call.path.startswith(OPEN):
        return
    if not signing_in.is_signed_in(call):
        try:
            guard.identify(call)
        except Unauthenticated as refused:
            raise signing_in.SignInNeeded(refused.text) from refused
    names = call.request.query_params.getlist(WORKSPACE)
    if len(names) > 1:
        raise NotFound("The address names two workspaces")
    if names:
        call.workspace = call.workspaces.named(names[0])
    # Changes are noted only in worlds that somebody looks at: notes cost memory and time.
    call.workspace.checkpoints.note_always()


def _newest(call: Call) -> Response:
    """Return the id of the newest event of the world: a page that was rendered before it has missed something."""
    return PlainTextResponse(str(call.workspace.events.newest), headers={"Cache-Control": "no-store"})


def _start(call: Call) -> Response:
    """Redirect to the console from the root of the server and from its own path without a slash, then to its first
    page.
    """
    is_console = call.request.scope["path"] == f"{PREFIX}/"
    address = link(call, PAGES[0].PATH if is_console else "/")
    return RedirectResponse(address, 307, {"Cache-Control": "no-store"})
