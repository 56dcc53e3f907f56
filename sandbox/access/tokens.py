"""Access tokens: signed JWTs of the client credentials grants, and opaque tokens of user sessions.

Sources: *Client credentials*, http://dev.patientsknowbest.com/home/oauth2/client-credentials ; RFC 9068 for the
claims' meaning, RFC 6750 for how a token travels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sandbox.access.keys import ALGORITHM, KeyRing, SigningKey, ring_in_use, signing_key
from sandbox.access.principal import Principal
from sandbox.errors import Unauthenticated
from sandbox.model import Credential, Patient, User
from sandbox.worlds.sessions import TokenState, handle_of
from sandbox.worlds.workspace import Workspace
from sandbox.worlds.workspaces import Workspaces

REALM = "/auth/realms/pkb"
"""The end of the issuer of Customers' tokens; any host name of this server may come before it."""


_IMPERSONATED: ContextVar[Principal | None] = ContextVar("impersonated", default=None)


@contextmanager
def acting_as(principal: Principal | None) -> Iterator[None]:
    """Treat every token as one of `principal`, in this task inside the block: the console's own requests have no
    session.
    """
    before = _IMPERSONATED.set(principal)
    try:
        yield
    finally:
        _IMPERSONATED.reset(before)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """A new access token: its text, its id, and its lifetime in seconds."""

    value: str
    id: str
    expires_in: int


def issue(
    workspace: Workspace, credential: Credential, issuer: str, lifetime: int, claims: dict[str, Any]
) -> AccessToken:
    """Sign a token for a client. `lifetime` in seconds, by the workspace's clock."""
    now = int(workspace.clock.now().timestamp())
    id_ = workspace.ids.uuid()
    payload = {
        "iss": issuer,
        "sub": credential.id,
        "client_id": credential.id,
        "iat": now,
        "exp": now + lifetime,
        "jti": id_,
        **claims,
    }
    return AccessToken(value=signing_key(workspace).token(payload), id=id_, expires_in=lifetime)


def principal_of(workspaces: Workspaces, token: str) -> Principal:
    """Return the caller of a token. Raises Unauthenticated with PKB's response code as `code`."""
    impersonated = _IMPERSONATED.get()
    if impersonated is not None:
        return impersonated
    principal = _of_client(workspaces, token) if _is_signed(token) else _of_session(workspaces, token)
    if principal.workspace.faults.has_expired(token):
        raise token_expired()
    return principal


def token_expired(rule: str = "oauth.response-codes") -> Unauthenticated:
    return Unauthenticated(
        "Access token expired", code="ACC_TOKEN_EXPIRED", rule=rule, instead="a new token of the token endpoint"
    )


def world_of(workspaces: Workspaces, token: str) -> Workspace | None:
    """Return the world in which a token was issued, even if it is no longer valid; None for any other token."""
    if not _is_signed(token):
        return workspaces.find(handle_of(token))
    try:
        claims = claims_of(token, workspaces.default.settings.seed is not None)
    except Unauthenticated:
        return None
    return workspaces.find(str(claims.get("client_id", "")))


def _is_signed(token: str) -> bool:
    # A JWT has two dots; the opaque tokens of sessions are base64url, which has none.
    return token.count(".") == 2


def _of_session(workspaces: Workspaces, token: str) -> Principal:
    """Return the caller of an opaque token of `/apiToken.action`."""
    workspace = workspaces.find(handle_of(token))
    state, session = TokenState.UNKNOWN, None
    if workspace is not None:
        state, session = workspace.sessions.of_access_token(token, workspace.clock.now())
    # Bad authentication, not an expired token: only a token that was once valid can have expired.
    if workspace is None or session is None:
        raise bad_authentication("The access token was not issued by this server")
    if state in RESPONSE_CODES:
        code, text = RESPONSE_CODES[state]
        raise Unauthenticated(text, code=code, rule="oauth.response-codes", instead="a token of a current session")
    if _cannot_sign_in(workspace, session.user):
        raise Unauthenticated("API session invalid", code="API_SESSION_INVALID", rule="accounts.deactivated")
    credential = workspace.store.find_one(Credential, session.client)
    if credential is None or credential.revoked:
        raise bad_authentication("The access token was not issued by this server")
    return Principal(
        workspace=workspace, credential=credential, user=session.user, team=session.team, scope=session.scope
    )


def _cannot_sign_in(workspace: Workspace, user: str | None) -> bool:
    """Return whether the user of a session can no longer sign in: account deactivated, or removed by a reset."""
    if user is None:
        return False
    patient, professional = workspace.store.find_one(Patient, user), workspace.store.find_one(User, user)
    if patient is None and professional is None:
        return True
    return (patient is not None and not patient.registered) or (professional is not None and not professional.active)


RESPONSE_CODES = {
    TokenState.EXPIRED: ("ACC_TOKEN_EXPIRED", "Access token expired"),
    TokenState.SESSION_EXPIRED: ("API_SESSION_EXPIRED", "API session expired"),
    TokenState.SESSION_INVALID: ("API_SESSION_INVALID", "API session invalid"),
}
"""State of a session → PKB's response code and the text of the refusal."""


def _of_client(workspaces: Workspaces, token: str) -> Principal:
    """Return the caller of a signed token of a client credentials grant."""
    claims = claims_of(token, workspaces.default.settings.seed is not None)
    match = workspaces.with_credential(str(claims.get("client_id", "")))
    if match is None:
        raise bad_authentication("The client of this access token is not registered")
    workspace, credential = match
    # Both issuers sign with the same key, so the signature does not tell them apart.
    if credential.kind == "customer-system-client" and not str(claims.get("iss", "")).endswith(REALM):
        raise bad_authentication("The access token was not issued by the realm of Customer System Clients")
    # By the clock of the world: after it is advanced, tokens have expired as they would have at PKB.
    if claims["exp"] <= workspace.clock.now().timestamp():
        raise Unauthenticated(
            "Access token expired",
            code="ACC_TOKEN_EXPIRED",
            rule="oauth.response-codes",
            instead="a new token: the client credentials grant returns no refresh token",
        )
    return Principal(workspace=workspace, credential=credential)


def claims_of(token: str, seeded: bool) -> Mapping[str, Any]:
    """Verify a token that this server signed and return its claims. Raises Unauthenticated."""
    ring = ring_in_use(seeded)
    if ring is None:
        raise _foreign()
    try:
        return _verified(token, ring, ring.keys[0])
    except Exception as error:
        import jwt

        # jwt is imported only here, so it cannot be named in the `except`: most tokens are valid, and cached.
        if not isinstance(error, (jwt.PyJWTError, ValueError, RecursionError)):
            raise
        raise _foreign() from error


def _foreign() -> Unauthenticated:
    return bad_authentication("The access token was not issued by this server")


@lru_cache(1000)
def _verified(token: str, ring: KeyRing, current: SigningKey) -> Mapping[str, Any]:
    """Verify the signature of a token once and cache its claims, because clients send the same token with every
    request.

    The caller checks expiry, by the workspace's clock rather than the machine's.
    """
    import jwt

    # Without a known key id the current key is tried, so that every foreign token gets the same refusal.
    key = ring.find(str(jwt.get_unverified_header(token).get("kid", ""))) or current
    unchecked = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False}
    options = {**unchecked, "require": ["exp", "jti"]}
    claims: dict[str, Any] = jwt.decode(token, key.public, algorithms=[ALGORITHM], options=options)  # type: ignore[arg-type]
    return claims


def bad_authentication(text: str) -> Unauthenticated:
    return Unauthenticated(
        text,
        code="BAD_AUTHENTICATION",
        rule="access.unknown-credential-401",
        instead="Authorization: Bearer and a valid access token of this API's token endpoint",
    )
