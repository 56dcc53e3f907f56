"""The authorize page: the client, e-mail and password, approve or deny. It works without scripts.

Source: *Code grant*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365013193
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl

from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox import facts
from sandbox.access import login_identity
from sandbox.access.addresses import is_same_origin
from sandbox.base import datafiles
from sandbox.errors import Invalid, SandboxError
from sandbox.facts import ledger
from sandbox.http.call import Call
from sandbox.http.sealed import SEALED
from sandbox.http.sender import objection_to
from sandbox.http.subject import public_id
from sandbox.model import Partner
from sandbox.oauth import people, request
from sandbox.oauth.form import repeated_name
from sandbox.oauth.people import Person
from sandbox.oauth.request import AuthorizationRequest

COOKIE = "pkb_authorize"
MOST_SUGGESTED: int = facts.value("oauth.suggested-people")
"""People whom the page offers to fill in."""
# Not stored: forms of an earlier process expire with it.
_KEY = secrets.token_bytes(32)


def show_page(call: Call) -> Response:
    """Return the page for an authorization request. Raises Invalid, which shows an error page instead of a redirect."""
    authorization = request.parse_authorization(call.workspaces, query(call))
    call.enter(authorization.workspace)
    # Kept if there is one, so that two pages open in one browser both work.
    cookie = call.request.cookies.get(COOKIE) or secrets.token_urlsafe(24)
    response = _sign_in_page(call, authorization, cookie)
    call.rests_on(ledger()["oauth.code-grant"].standing)
    path = f"{call.base_path}/apiAuthorize.action"
    # Only on the path of the page, because no API uses the cookie.
    response.set_cookie(COOKIE, cookie, path=path, httponly=True, samesite="strict")
    return response


def _sign_in_page(
    call: Call, authorization: AuthorizationRequest, cookie: str, filled: Person | None = None
) -> HTMLResponse:
    """Render the page, with the address and password of a person of the world if one was chosen."""
    return render_page(
        title="Approve access",
        product=authorization.client.name,
        owner=_owner(authorization),
        scope=authorization.scope,
        action=f"?{call.request.url.query}",
        csrf=_csrf(cookie, call),
        asserted=person.name if (person := _asserted_person(call, authorization)) else "",
        filled=filled,
        persons=suggested_people(call, authorization),
    )


def process_form(call: Call) -> Response:
    """Process the form: redirect with a code, or with an error; or fill in a person of the world."""
    authorization = request.parse_authorization(call.workspaces, query(call))
    call.enter(authorization.workspace)
    form = _form(call)
    _check_csrf(call, form.get("csrf", ""))
    if "fill" in form:
        chosen = next((person for person in suggested_people(call, authorization) if person.id == form["fill"]), None)
        return _sign_in_page(call, authorization, call.request.cookies.get(COOKIE, ""), chosen)
    if form.get("decision") not in ("approve", "deny"):
        raise Invalid("Choose Approve or Deny.", rule="oauth.authorize-error-page")
    store = authorization.workspace.store
    # An asserted identity replaces the password. An invalid one must not fall back to the password.
    if query(call).get(login_identity.PARAMETER):
        person = _asserted_person(call, authorization)
    else:
        person = people.sign_in(store, form.get("email", ""), form.get("password", ""))
    call.patient = public_id(store, person.id) if person else ""
    call.rests_on(ledger()["oauth.code-grant"].standing)
    return RedirectResponse(build_redirect(authorization, person, approved=form["decision"] == "approve"), 302, SEALED)


def build_redirect(authorization: AuthorizationRequest, person: Person | None, *, approved: bool) -> str:
    """Build the redirect to the client: `code` if a permitted user approved, else RFC 6749's `error`."""
    if not approved:
        return authorization.redirect(error="access_denied", error_description="The user denied the request")
    if person is None:
        return authorization.redirect(error="access_denied", error_description="The user could not be signed in")
    if person.scope not in ((authorization.scope,) if authorization.scope else authorization.client.scopes):
        text = f"User type {person.scope} cannot sign in with this client and scope"
        return authorization.redirect(error="invalid_scope", error_description=text)
    workspace = authorization.workspace
    code = workspace.sessions.issue_code(
        authorization.client.id,
        authorization.sent_redirect_uri,
        person.id,
        person.scope,
        workspace.clock.now(),
        authorization.challenge,
    )
    return authorization.redirect(code=code)


def suggested_people(call: Call, authorization: AuthorizationRequest) -> list[Person]:
    """Return the people whom the page offers to fill in: of the client's scopes, to a browser on this machine."""
    if not _is_local(call):
        return []
    scopes = (authorization.scope,) if authorization.scope else authorization.client.scopes
    return list(islice(people.able_to_sign_in(authorization.workspace.store, scopes), MOST_SUGGESTED))


def _is_local(call: Call) -> bool:
    """Return whether the control API, which lists all passwords, would answer this browser without a token."""
    return not objection_to(call)


def error_page(error: SandboxError, status: int) -> Response:
    """Return the error page for an invalid request, whose redirect target cannot be trusted."""
    response = render_page(title="Request refused", error=error.text)
    response.status_code = status
    return response


def query(call: Call) -> dict[str, str]:
    """Return the parameters; a repeated parameter is ambiguous and refused."""
    pairs = call.request.query_params.multi_items()
    if len(dict(pairs)) != len(pairs):
        text = f"The parameter {repeated_name(pairs)} is repeated."
        raise Invalid(text, rule="oauth.authorize-error-page", instead="each parameter once")
    return dict(pairs)


def _form(call: Call) -> dict[str, str]:
    try:
        return dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20))
    except ValueError as error:
        text = "The form data are not a form of at most 20 fields."
        raise Invalid(text, rule="oauth.authorize-error-page", instead="the fields of the page") from error


def _owner(authorization: AuthorizationRequest) -> str:
    partner = authorization.workspace.store.find_one(Partner, authorization.client.partner)
    return partner.name if partner else ""


def _asserted_person(call: Call, authorization: AuthorizationRequest) -> Person | None:
    """Return the person of the client's world whose identity the link asserts."""
    identity = query(call).get(login_identity.PARAMETER, "")
    holder = login_identity.find_holder(call.workspaces, authorization.workspace, identity)
    return people.by_id(holder[0].store, holder[1]) if holder and holder[0] is authorization.workspace else None


def _csrf(cookie: str, call: Call) -> str:
    """Bind a form to the browser that displayed it and to the request that it answers."""
    return hmac.new(_KEY, f"{cookie}\n{call.request.url.query}".encode(), hashlib.sha256).hexdigest()


def _check_csrf(call: Call, csrf: str) -> None:
    cookie, origin = call.request.cookies.get(COOKIE, ""), call.request.headers.get("origin")
    right = hmac.compare_digest(_csrf(cookie, call).encode(), csrf.encode())
    # The address of a proxy, or of this server: a browser sends the one that it shows.
    addresses = (call.base_url, f"{call.request.url.scheme}://{call.request.headers.get('host', '')}")
    is_own = origin is None or any(is_same_origin(origin, address) for address in addresses)
    if not cookie or not right or not is_own:
        raise Invalid("This form has expired. Please start again.", rule="oauth.authorize-csrf")


def render_page(**values: Any) -> HTMLResponse:
    # Imported here: few servers ever show this page, and the start must not wait for templates.
    import jinja2

    template = datafiles.beside_code("oauth/authorize.html").read_text(encoding="utf-8")
    html = jinja2.Environment(autoescape=True).from_string(template).render(**values)
    return HTMLResponse(html, headers=SEALED)
