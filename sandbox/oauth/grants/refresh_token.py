"""The refresh token grant: the newest refresh token of a session for its next tokens.

Sources: *Code grant*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365013193 ; RFC 6749 section 6
"""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.http.call import Call
from sandbox.model import Credential
from sandbox.oauth.errors import refused_grant
from sandbox.worlds.api_session import ApiSession
from sandbox.worlds.sessions import TokenState

SITE = "SITE"
"""The scope of a Tethered-Token System Client."""


def exchange_refresh_token(call: Call, client: Credential, fields: Mapping[str, str]) -> ApiSession:
    """Find the session of a refresh token, and use the token up. Raises TokenError."""
    tethered = client.kind == "tethered-token-system-client"
    if client.kind != "user-client" and not tethered:
        text = "Only User Clients and Tethered-Token System Clients have refresh tokens"
        raise refused_grant(
            "unauthorized_client", text, "grant_type=client_credentials at the client's own token endpoint"
        )
    if "refresh_token" not in fields:
        raise refused_grant("invalid_request", "refresh_token is missing", "the newest refresh token of the session")
    if tethered and fields.get("scope") != SITE:
        raise refused_grant("invalid_scope", "A tethered client must request the scope SITE", "scope=SITE")
    sessions, now = call.workspace.sessions, call.workspace.clock.now()
    # A wrong scope is refused before the token is used, because a token is good for one use only.
    existing = sessions.of_refresh_token(fields["refresh_token"], client.id)
    if existing is not None and fields.get("scope", existing.scope) != existing.scope:
        text = f"The session has the scope {existing.scope}"
        raise refused_grant("invalid_scope", text, f"scope={existing.scope}, or no scope")
    state, session = sessions.use_refresh_token(fields["refresh_token"], client.id, now)
    if session is None or state is not TokenState.LIVE:
        text = f"The refresh token is not valid: {state.value}"
        raise refused_grant("invalid_grant", text, "the newest refresh token of the session, once")
    return session
