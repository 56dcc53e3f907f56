"""Control calls about OAuth: approve as a user, tether a client as a coordinator."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox.access import login_identity
from sandbox.access.keys import key_ring, new_key, rotate
from sandbox.errors import Invalid, NotFound
from sandbox.http.call import Call
from sandbox.http.control_operations import ControlOperation, body
from sandbox.model import Credential, Team
from sandbox.oauth import consent_page, people, request
from sandbox.oauth.grants.refresh_token import SITE

REQUEST = ("client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method")


def _approve(call: Call) -> Any:
    fields = body(call, (*REQUEST, "decision"))
    person = people.by_id(call.workspace.store, call.params["id"])
    if person is None:
        raise NotFound("The user does not exist or cannot sign in; unregistered and deceased patients cannot sign in")
    decision = fields.get("decision", "approve")
    if decision not in ("approve", "deny"):
        raise Invalid("decision must be approve or deny")
    parameters = {name: str(fields[name]) for name in REQUEST if fields.get(name) is not None}
    # Within this world: a control call must not approve clients of another one.
    authorization = request.parse_authorization(
        call.workspaces, {**parameters, "response_type": "code"}, within=call.workspace
    )
    redirect = consent_page.build_redirect(authorization, person, approved=decision == "approve")
    # The last one below: a registered redirect URI may have a `code` of its own.
    codes = parse_qs(urlsplit(redirect).query).get("code", []) if decision == "approve" else []
    return {"redirect": redirect} | ({"code": codes[-1]} if codes else {})


def _tether(call: Call) -> Any:
    team = call.workspace.store.get(Team, call.params["id"])
    client = call.workspace.store.find_one(Credential, str(body(call, ("client_id",)).get("client_id", "")))
    if client is None or client.kind != "tethered-token-system-client":
        raise Invalid("client_id must belong to a Tethered-Token System Client")
    session = call.workspace.sessions.open(client.id, SITE, team=team.id)
    return {"refresh_token": call.workspace.sessions.refresh_token(session)}


def _one_time_password(call: Call) -> Any:
    person = people.by_id(call.workspace.store, call.params["id"])
    if person is None:
        raise NotFound("The user does not exist or cannot sign in; unregistered and deceased patients cannot sign in")
    return {"otpToken": call.workspace.sessions.issue_one_time_password(person.id, call.workspace.clock.now())}


async def _login_identity(call: Call) -> Any:
    body(call, ())
    person = people.by_id(call.workspace.store, call.params["id"])
    if person is None:
        raise NotFound("The user does not exist or cannot sign in; unregistered and deceased patients cannot sign in")
    # In a thread, because making an RSA key would hold up others for tenths of a second.
    await asyncio.to_thread(key_ring, call.settings.seed is not None)
    identity = login_identity.issue(call.workspace, person.id, call.base_url)
    return {"token": identity.value, "expires_in": identity.expires_in}


async def _rotate(call: Call) -> Any:
    key = await asyncio.to_thread(new_key)
    rotate(call.workspace, key)
    return {"kid": key.id}


OPERATIONS = (
    ControlOperation(
        "POST", "/users/{id}/one-time-password", "Issues a one-time password for the user", _one_time_password
    ),
    ControlOperation(
        "POST",
        "/users/{id}/asserted-login-identity",
        "Signs the identity of the user for a deep link, as NHS login does",
        _login_identity,
    ),
    ControlOperation(
        "POST", "/keys/rotate", "Rotates the signing key; tokens signed with earlier keys stay valid", _rotate
    ),
    ControlOperation("POST", "/users/{id}/approve", "Acts as the user on the authorize page", _approve),
    ControlOperation(
        "POST", "/teams/{id}/rest-api-access", "Tethers a client to a team, as a coordinator does", _tether
    ),
)
