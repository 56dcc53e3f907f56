"""Deep links into PKB's web pages: the page that would open, for whom, and with which parameters.

A link may assert the identity of a person: PKB then signs the person in by NHS login, and passes `prompt=none` to it
unless the link specifies another prompt. Source: *Single sign-on*,
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3939434526
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.responses import JSONResponse, RedirectResponse, Response

from sandbox.access import login_identity
from sandbox.errors import Invalid, MethodNotAllowed
from sandbox.http.call import Call
from sandbox.http.control_operations import WORKSPACE
from sandbox.http.prefixes import SIGNED_IN
from sandbox.http.sealed import SEALED
from sandbox.http.subject import public_id
from sandbox.oauth import consent_page, people
from sandbox.oauth.people import Person

NONE = "none"
PROGRAM = "/apiToken.action"
"""A path that ends like a page but is for programs."""


def open_page(call: Call) -> Response:
    """Describe the page that would open, as HTML or, on request, JSON. Raises Invalid for an unknown identity."""
    if call.path == PROGRAM:
        text = f"GET is not offered at {PROGRAM}; allowed: POST"
        raise MethodNotAllowed(text, ("POST",), rule="frontend.other-method")
    parameters = consent_page.query(call)
    identity = parameters.pop(login_identity.PARAMETER, "")
    prompt = parameters.pop("prompt", NONE) if identity else ""
    person = _sign_in_person(call, identity) if identity else _in_browser(call)
    # With any other prompt NHS login would ask the person again, and the sandbox has no NHS login page.
    signed_in = person if prompt in (NONE, "") else None
    if signed_in is not None and identity:
        call.workspace.sessions.enter_web(signed_in.id, "WEBAPP_NHS_APP", call.workspace.clock.now())
    call.rests_on("documented" if call.path == login_identity.APPOINTMENTS else "choice")
    landing: dict[str, Any] = {
        "page": call.path,
        "person": {"id": person.id, "name": person.name} if person else None,
        "signed_in": signed_in is not None,
        "prompt": prompt or None,
        "parameters": parameters,
    }
    if "application/json" in call.request.headers.get("accept", ""):
        return JSONResponse(landing, headers=SEALED)
    return consent_page.render_page(title="A page of PKB", landing={**landing, "console": _console_page(call, person)})


def open_home(call: Call) -> Response:
    """Describe PKB's first page to a browser in which a person signed in; any other one goes to the console."""
    if _in_browser(call) is None:
        # Not stored, because the same address answers otherwise once a person has signed in.
        return RedirectResponse(f"{call.base_path}/_sandbox/console/", 307, {"Cache-Control": "no-store"})
    return open_page(call)


def _in_browser(call: Call) -> Person | None:
    """Return the person who signed in in this browser with a one-time password, and select their world."""
    cookie = call.request.cookies.get(SIGNED_IN, "")
    workspace = call.workspaces.find(cookie) if cookie else None
    if workspace is None:
        return None
    person = people.by_id(workspace.store, workspace.sessions.of_browser(cookie, workspace.clock.now()) or "")
    if person is not None:
        call.enter(workspace)
    return person


def _console_page(call: Call, person: Person | None) -> str:
    """Return the address of the person's page in the console; empty for anyone but a patient."""
    if person is None or not public_id(call.workspace.store, person.id):
        return ""
    is_default = call.workspace is call.workspaces.default
    world = "" if is_default else f"?{WORKSPACE}={quote(call.workspace.name, safe='')}"
    return f"{call.base_path}/_sandbox/console/patients/{person.id}{world}"


def _sign_in_person(call: Call, identity: str) -> Person:
    """Return the signed-in person and their world. Raises Invalid."""
    holder = login_identity.find_holder(call.workspaces, call.workspace, identity)
    person = people.by_id(holder[0].store, holder[1]) if holder else None
    if holder is None or person is None:
        raise Invalid(
            "The asserted login identity is unknown or has expired.",
            rule="oauth.login-identity",
            instead="the identity from a PKB link, or from POST /_sandbox/users/{id}/asserted-login-identity",
        )
    call.enter(holder[0])
    return person
