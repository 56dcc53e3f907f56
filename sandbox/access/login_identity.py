"""`assertedLoginIdentity`: the identity of a person signed in with NHS login, on links from PKB and back to it.

PKB adds it to the link to an appointment partner when the person came by NHS login; the partner puts it on the link
back, and PKB signs the person in. Sources: *Appointment Partners*,
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365012889/Appointment+Partners ; *Single sign-on*,
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3939434526
"""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote, urlsplit, urlunsplit

from sandbox import facts
from sandbox.access.addresses import is_loopback
from sandbox.access.keys import ALGORITHM, signing_key
from sandbox.access.tokens import AccessToken, claims_of
from sandbox.errors import Unauthenticated
from sandbox.model import Patient, User
from sandbox.worlds.workspace import Workspace
from sandbox.worlds.workspaces import Workspaces

PARAMETER = "assertedLoginIdentity"
AUDIENCE = "asserted-login-identity"
LIFETIME: int = facts.value("oauth.login-identity-token")
APPOINTMENTS = "/listAppointments.action"
"""The page that PKB's documentation names: its page of appointments."""


def issue(workspace: Workspace, user: str, issuer: str) -> AccessToken:
    """Sign the identity of a person, valid for an hour by the workspace's clock."""
    import jwt

    # A link is signed at every read: with an id from the world's own sequence, reads would change all later ids.
    now, id_ = workspace.clock.now(), workspace.exchange_ids.uuid()
    payload = {
        "iss": issuer,
        "sub": user,
        "aud": AUDIENCE,
        "workspace": workspace.key,
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(seconds=LIFETIME)).timestamp()),
        "jti": id_,
    }
    key = signing_key(workspace)
    value = jwt.encode(payload, key.private, algorithm=ALGORITHM, headers={"kid": key.id})
    return AccessToken(value=value, id=id_, expires_in=LIFETIME)


def find_holder(workspaces: Workspaces, workspace: Workspace, identity: str) -> tuple[Workspace, str] | None:
    """Return the world and the person's id for an identity; None for an unknown or expired one.

    If the server listens only on this machine, or with the setting `plain_login_identity`, an e-mail address is
    accepted too. It identifies a person of `workspace`, because the same address can exist in every world.
    """
    if "@" in identity:
        is_enough = workspace.settings.plain_login_identity or is_loopback(workspace.settings.host)
        return _of_address(workspace, identity) if is_enough else None
    return _of_token(workspaces, identity)


def with_identity(url: str, token: str) -> str:
    """Add the identity as the last parameter of an http(s) link; any other text is returned unchanged."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    if parts.scheme not in ("http", "https"):
        return url
    query = "&".join(filter(None, (parts.query, f"{PARAMETER}={quote(token)}")))
    return urlunsplit(parts._replace(query=query))


def _of_address(workspace: Workspace, email: str) -> tuple[Workspace, str] | None:
    key, store = email.strip().casefold(), workspace.store
    # The index has every address of a patient; only the primary one signs in.
    patients = [entry for entry in store.find(Patient, "email", key) if entry.email.casefold() == key]
    people: list[User | Patient] = [*store.find(User, "email", key), *patients]
    return (workspace, people[0].id) if people else None


def _of_token(workspaces: Workspaces, token: str) -> tuple[Workspace, str] | None:
    try:
        claims = claims_of(token, workspaces.default.settings.seed is not None)
    except Unauthenticated:
        return None
    world = workspaces.with_key(str(claims.get("workspace", "")))
    if claims.get("aud") != AUDIENCE or world is None or claims["exp"] <= world.clock.now().timestamp():
        return None
    return world, str(claims.get("sub", ""))
