"""Check credentials, and list them for people who run the sandbox."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

from sandbox.access.matrix import matrix
from sandbox.access.principal import INTEGRATION_TYPE
from sandbox.base.short_cache import short_cache
from sandbox.domain.patients.sign_in import patients_able_to_sign_in
from sandbox.model import Credential, Grant, Organisation, Team, User
from sandbox.store import Store
from sandbox.worlds.workspace import Workspace
from sandbox.worlds.workspaces import Workspaces


@short_cache(256)
def basic(header: str) -> tuple[str, str] | None:
    """Parse an `Authorization: Basic` header (RFC 7617) into user name and password; None for any other header."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    user, colon, password = text.partition(":")
    return (user, password) if colon else None


def bearer(header: str) -> str | None:
    """Return the token of an `Authorization: Bearer` header (RFC 6750), or None."""
    scheme, _, token = header.partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def authenticate(workspaces: Workspaces, id_: str, secret: str) -> tuple[Workspace, Credential] | None:
    """Find the workspace and credential of an id with the right secret, compared as sent, then form-decoded (RFC
    6749).
    """
    return _with_secret(workspaces, id_, secret) or _with_secret(workspaces, unquote_plus(id_), unquote_plus(secret))


def _with_secret(workspaces: Workspaces, id_: str, secret: str) -> tuple[Workspace, Credential] | None:
    match = workspaces.with_credential(id_)
    # An unknown id is compared too, so that it takes as long as a known one.
    stored_secret = match[1].secret if match else ""
    is_right = hmac.compare_digest(stored_secret.encode(), secret.encode())
    # A credential without a secret would otherwise accept an empty password.
    return match if is_right and stored_secret else None


def world_of(workspaces: Workspaces, id_: str) -> Workspace | None:
    """Find the world of a client id or HL7 user name, as sent or form-decoded, whether or not its secret is right."""
    return workspaces.find(id_) or workspaces.find(unquote_plus(id_))


def list_credentials(workspace: Workspace) -> list[dict[str, Any]]:
    """List every credential as `GET /_sandbox/credentials` returns it, with only the keys that apply."""
    return [
        credential_row(workspace, credential)
        for credential in workspace.store.all(Credential)
        if not credential.revoked
    ]


def credential_row(workspace: Workspace, credential: Credential) -> dict[str, Any]:
    store = workspace.store
    organisation = store.find_one(Organisation, credential.organisation)
    applies: dict[str, Any] = {
        **secrets_of(workspace, credential),
        "organisation": id_and_name(organisation) if organisation else None,
        "on_behalf_of": _on_behalf_of(store, credential),
        "users": list(users_of(store, credential)),
        "redirect_uris": list(credential.redirect_uris),
        "endpoints": [e.name for e in organisation.endpoints]
        if organisation and credential.kind == "customer-system-client"
        else [],
        "roles": list(credential.roles),
    }
    return {
        "kind": credential.kind,
        "integration_type": INTEGRATION_TYPE[credential.kind],
        "name": credential.name,
        "apis": _apis(credential.kind),
        **{key: value for key, value in applies.items() if value},
    }


def secrets_of(workspace: Workspace, credential: Credential) -> dict[str, str]:
    """Return the id and secret of a credential, under the key names of its protocol."""
    if credential.kind.startswith("hl7-"):
        return {"username": credential.id, "password": credential.secret}
    token = _refresh_token(workspace, credential)
    return {"client_id": credential.id, "client_secret": credential.secret, "refresh_token": token}


def _refresh_token(workspace: Workspace, credential: Credential) -> str:
    """Issue a valid, unused refresh token for a client that is tethered to a team."""
    if credential.kind != "tethered-token-system-client" or credential.team is None:
        return ""
    # A refresh token works once, so a listed one must not be one that somebody has used.
    return workspace.sessions.tethered_refresh_token(credential.id, credential.team, workspace.clock.now())


def id_and_name(entity: Organisation | Team) -> dict[str, str]:
    return {"id": entity.id, "name": entity.name}


def _apis(kind: str) -> list[str]:
    return list(dict.fromkeys(cell.cell.split(".")[1] for cell in matrix().values() if cell.credential == kind))


def _on_behalf_of(store: Store, credential: Credential) -> list[dict[str, Any]]:
    if credential.partner is None or credential.kind not in ("hl7-partner", "system-client"):
        return []
    rows = []
    for grant in store.find(Grant, "partner", credential.partner):
        team = store.find_one(Team, grant.team)
        organisation = id_and_name(store.get(Organisation, grant.organisation))
        rows.append({"alias": grant.alias, "organisation": organisation, "team": id_and_name(team) if team else None})
    return rows


def users_of(store: Store, credential: Credential) -> Iterator[dict[str, str]]:
    """Iterate over the people who can sign in to an app, by its scopes: registered patients, professionals and
    coordinators.
    """
    if credential.kind != "user-client":
        return
    if "PATIENT" in credential.scopes:
        for p in patients_able_to_sign_in(store):
            yield {"id": p.id, "email": p.email, "password": p.password, "scope": "PATIENT"}
    for u in store.all(User):
        if u.active and u.scope in credential.scopes:
            yield {"id": u.id, "email": u.email, "password": u.password, "scope": u.scope}
