"""The authorization code grant: a code for the tokens of a new session, with the proof of PKCE if it was asked for.

Sources: *Code grant*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365013193 ; RFC 6749 section 4.1.3; RFC 7636
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sandbox.http.call import Call
from sandbox.model import Credential
from sandbox.oauth.errors import TokenError, refused_grant
from sandbox.worlds.api_session import ApiSession


def exchange_code(call: Call, client: Credential, fields: Mapping[str, str]) -> ApiSession:
    """Open the session of a code, which is good for one use. Raises TokenError."""
    if client.kind != "user-client":
        raise refused_grant("unauthorized_client", "Only User Clients exchange codes", "a User Client")
    if "code" not in fields:
        raise refused_grant("invalid_request", "code is missing", "the code of the redirect")
    sessions, now = call.workspace.sessions, call.workspace.clock.now()
    # Before the code is used: a wrong verifier must not use it up.
    if not sessions.is_proved(fields["code"], fields.get("code_verifier")):
        text, instead = (
            "code_verifier does not match code_challenge",
            "the code_verifier from which code_challenge was computed",
        )
        raise TokenError(400, "invalid_grant", text, rule="oauth.pkce", instead=instead)
    life = call.settings.session_seconds
    expires_at = now + timedelta(seconds=life) if life else None
    session = sessions.redeem_code(fields["code"], client.id, fields.get("redirect_uri", ""), now, expires_at)
    if session is None:
        text = "The code is unknown, used or expired, or was issued for another redirect_uri"
        raise refused_grant("invalid_grant", text, "a fresh code, and the redirect_uri of the authorization request")
    return session
