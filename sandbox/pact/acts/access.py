"""Acts about credentials: clients with their secrets, access tokens, people who sign in."""

from __future__ import annotations

import base64
from typing import Any

from sandbox.access.principal import Principal
from sandbox.access.tokens import REALM
from sandbox.errors import Conflict, Invalid
from sandbox.oauth import people
from sandbox.oauth.api_token import LIFE
from sandbox.oauth.grants.client_credentials import token_of
from sandbox.oauth.issuers import customer_system_clients, system_clients
from sandbox.pact.messages import facility_of
from sandbox.pact.scene import StateScene

Json = dict[str, Any]
ISSUERS = {"system-client": (system_clients, ""), "customer-system-client": (customer_system_clients, REALM)}
"""Kind of client → its issuer, and the path of the issuer's URL."""
SECONDS_OVER = -60
"""Lifetime, in seconds, of a token that has expired by the time it is issued."""


def describe_client(scene: StateScene, _: Json) -> Json:
    """Return id and secret of the client, and what it sends as HTTP Basic."""
    client = scene.credential
    pair = base64.b64encode(f"{client.id}:{client.secret}".encode()).decode()
    return {
        "client_id": client.id,
        "client_secret": client.secret,
        "basic_authorization": f"Basic {pair}",
        "facility": facility_of(client, scene.organisation),
    }


def issue_token(scene: StateScene, row: Json) -> Json:
    """Issue an access token to the client, live or expired. Raises Invalid for a client of another kind."""
    client = scene.credential
    if client.kind not in ISSUERS:
        raise Invalid(f"params.client must be the id of a client of these kinds: {', '.join(ISSUERS)}")
    issuer, path = ISSUERS[client.kind]
    lifetime = SECONDS_OVER if row.get("is_expired") else issuer().lifetime
    principal = Principal(workspace=scene.workspace, credential=client)
    token = token_of(principal, issuer(), scene.base_url + path, lifetime)
    return {**describe_client(scene, {}), "access_token": token.value}


def sign_in(scene: StateScene, row: Json) -> Json:
    """Open a session of the app for a person, by default the patient. Raises Conflict for a person who cannot."""
    workspace, client = scene.workspace, scene.credential
    if client.kind != "user-client":
        raise Invalid("params.client must be the id of a user-client")
    person = people.by_id(workspace.store, scene.values.get("user", scene.patient.id))
    if person is None or person.scope not in client.scopes:
        raise Conflict(f"The person does not exist, or cannot sign in to {client.id}: {', '.join(client.scopes)}")
    now = workspace.clock.now()
    session = workspace.sessions.open(client.id, person.scope, user=person.id)
    tokens = {
        "access_token": workspace.sessions.access_token(session, now + LIFE),
        "refresh_token": workspace.sessions.refresh_token(session),
    }
    # Ended after its tokens are issued: the state is about an app that still presents them.
    if row.get("is_ended"):
        workspace.sessions.end(session)
    return {"client_id": client.id, "user_id": person.id, "scope": person.scope, **tokens}
