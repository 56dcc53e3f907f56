"""Requests that a person sends from the console: recorded as any client's, on behalf of a credential."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from html import escape
from itertools import islice

from sandbox.access.principal import Principal
from sandbox.console.in_process import send_request
from sandbox.console.record_changes import keep_changes
from sandbox.errors import Invalid, NotFound
from sandbox.hl7.client import ENVELOPE
from sandbox.http.call import Call
from sandbox.http.connection import ConnectionLost
from sandbox.model import Credential, HeldMessage
from sandbox.oauth import people
from sandbox.oauth.people import Person
from sandbox.worlds.exchange import Exchange
from sandbox.worlds.workspace import Workspace

HL7_PATH = "/services/hl7"
SITE = "SITE"
MOST_PEOPLE = 30
"""People of an app that a form suggests."""


def exchange_of(call: Call, id_: str) -> Exchange:
    """Return an exchange of the page's world. Raises NotFound."""
    exchange = call.workspace.exchanges.find(id_)
    if exchange is None:
        raise NotFound("The journal of this world does not have this exchange (any more): it keeps only the newest.")
    return exchange


def is_held(call: Call, exchange: Exchange) -> bool:
    """Return whether the message of an exchange waits for a person's decision."""
    held = (row for row in call.workspace.store.all(HeldMessage) if row.outcome == "held")
    return any(row.exchange == exchange.id for row in held)


def credential_of(workspace: Workspace, id_: str) -> Credential:
    """Return a credential of the world that is not revoked. Raises Invalid."""
    credential = workspace.store.find_one(Credential, id_)
    if credential is None or credential.revoked:
        raise Invalid(f"{id_[:80]!r} is no credential of this world")
    return credential


def principal_of(workspace: Workspace, credential: Credential, user: str = "") -> Principal:
    """Return the caller whom a token of the credential identifies. For an app, `user` is the e-mail address or id of
    the person who signs in, by default the first who can. Raises Invalid.
    """
    if credential.kind == "tethered-token-system-client":
        return Principal(workspace=workspace, credential=credential, team=credential.team, scope=SITE)
    if credential.kind != "user-client":
        return Principal(workspace=workspace, credential=credential, organisation=credential.organisation)
    person = _person(workspace, credential, user)
    return Principal(workspace=workspace, credential=credential, user=person.id, scope=person.scope)


def _person(workspace: Workspace, credential: Credential, user: str) -> Person:
    if not user:
        suggestions = people_of(workspace, credential)
        if not suggestions:
            raise Invalid(f"Nobody in this world can sign in to {credential.id}")
        return suggestions[0]
    person = people.by_id(workspace.store, user) or people.by_email(workspace.store, user)
    if person is None or person.scope not in credential.scopes:
        raise Invalid(f"{user[:80]!r} cannot sign in to {credential.id}")
    return person


def people_of(workspace: Workspace, credential: Credential) -> list[Person]:
    """Return the first people who can sign in to an app, in the order of the world."""
    return list(islice(people.able_to_sign_in(workspace.store, credential.scopes), MOST_PEOPLE))


async def send_hl7(call: Call, credential: Credential, text: str) -> Exchange:
    """Send a message in SOAP with the secret of its credential, and return its exchange."""
    # An XML parser turns a carriage return into a line feed, but not a reference to one (XML 1.0 section 2.11).
    body = ENVELOPE.format(escape(text, quote=False).replace("\r", "&#xD;")).encode("utf-8", "replace")
    headers = {"content-type": "text/xml;charset=utf-8", "authorization": basic(credential), "soapaction": '""'}
    return await send(call, "POST", HL7_PATH, headers=headers, body=body)


def basic(credential: Credential) -> str:
    """Return the header of HTTP Basic."""
    return f"Basic {base64.b64encode(f'{credential.id}:{credential.secret}'.encode()).decode()}"


async def send(
    call: Call,
    method: str,
    path: str,
    *,
    query: str = "",
    headers: Mapping[str, str],
    body: bytes = b"",
    principal: Principal | None = None,
) -> Exchange:
    """Send a request that the journal records, keep what it changed in the record, and return its exchange.

    Raises NotFound where no API is at the path, so that nothing was recorded.
    """
    _check_target(method, path)
    workspace = call.workspace
    before, newest = workspace.store.snapshot(), next(reversed(workspace.exchanges), None)
    bearer = {"authorization": "Bearer console"} if principal is not None else {}
    id_ = ""
    try:
        response = await send_request(
            call,
            method,
            path,
            query=query,
            headers={**headers, **bearer},
            body=body,
            principal=principal,
            is_recorded=True,
        )
        id_ = response.headers.get("pkb-sandbox-exchange", "")
    except ConnectionLost:  # a fault rule let no response out, but the journal has the exchange
        last = next(reversed(workspace.exchanges), None)
        id_ = last.id if last is not None and last is not newest else ""
    exchange = workspace.exchanges.find(id_)
    if exchange is None:
        raise NotFound(f"No API of this world answers {method} {path[:200]}")
    keep_changes(workspace, exchange.id, before)
    return exchange


def _check_target(method: str, path: str) -> None:
    """Raise Invalid for an invalid path, and for pages and calls of the sandbox itself."""
    if not method.isalpha() or not path.startswith("/") or not path.isprintable():
        raise Invalid("The path must begin with / and contain no control characters.")
    if path.startswith("/_sandbox"):
        raise Invalid("Calls of the control API are made by the pages that name them.")
