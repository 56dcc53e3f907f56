"""The token endpoint of users, `/apiToken.action`: who asks, by which grant, and the tokens of the answer.

Sources: *Code grant*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365013193 ; RFC 6749 sections 2.3.1
and 5
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import unquote_plus

from starlette.responses import JSONResponse, Response

from sandbox import facts
from sandbox.access.credentials import basic, world_of
from sandbox.access.principal import Principal
from sandbox.http.call import Call
from sandbox.http.subject import public_id
from sandbox.model import Credential
from sandbox.oauth.errors import NO_STORE, TokenError, refused_grant
from sandbox.oauth.form import parameters
from sandbox.oauth.grants import SESSION_GRANTS
from sandbox.worlds.api_session import ApiSession
from sandbox.worlds.workspace import Workspace

LIFE = timedelta(seconds=facts.value("oauth.code-grant"))
REALM = 'Basic realm="pkb"'


def session_token(call: Call) -> Response:
    """Answer a token request. Raises TokenError as RFC 6749 section 5.2 specifies."""
    fields = parameters(call)
    client = _client(call, fields)
    kind = fields.get("grant_type")
    if not kind:
        raise refused_grant("invalid_request", "grant_type is missing", f"grant_type: {' or '.join(SESSION_GRANTS)}")
    grant = SESSION_GRANTS.get(kind)
    if grant is None:
        raise refused_grant("unsupported_grant_type", f"Unsupported grant type: {kind}", " or ".join(SESSION_GRANTS))
    session = grant(call, client, fields)
    call.principal = Principal(workspace=call.workspace, credential=client, user=session.user)
    call.patient = public_id(call.workspace.store, session.user)
    call.rests_on(facts.ledger()["oauth.code-grant"].standing)
    return JSONResponse(_token_response(call, session), headers=NO_STORE)


def _client(call: Call, fields: Mapping[str, str]) -> Credential:
    """Return the client, by `client_id` or Basic. A User Client has no secret unless it was issued with one."""
    header = call.request.headers.get("authorization")
    id_and_secret = (
        basic(header) if header is not None else (fields.get("client_id", ""), fields.get("client_secret", ""))
    )
    if id_and_secret:
        call.enter(world_of(call.workspaces, id_and_secret[0]) or call.workspace)
    registration = _authenticated_client(call, *id_and_secret) if id_and_secret else None
    if registration is None:
        # RFC 6749, 5.2: a challenge only where the client used the header.
        challenge = REALM if header is not None else ""
        text = "client_id is unknown, or client_secret is wrong"
        instead = "client_id, and the secret if the client has one: GET /_sandbox/credentials lists them"
        raise TokenError(401, "invalid_client", text, rule="oauth.token-errors", challenge=challenge, instead=instead)
    if header is not None and fields.get("client_id") not in (None, "", registration[1].id):
        text = "client_id does not match the Authorization header"
        raise TokenError(401, "invalid_client", text, rule="oauth.client-id-beside-basic", challenge=REALM)
    call.principal = Principal(workspace=registration[0], credential=registration[1])
    return registration[1]


def _authenticated_client(call: Call, id_: str, secret: str) -> tuple[Workspace, Credential] | None:
    """Return the client, with its id as sent or form-decoded (RFC 6749 section 2.3.1), if its secret is right."""
    for name, word in ((id_, secret), (unquote_plus(id_), unquote_plus(secret))):
        registration = call.workspaces.with_credential(name)
        # HL7 user names are Basic credentials as well, but of another API.
        if registration is None or registration[1].kind.startswith("hl7-"):
            continue
        expected = registration[1].secret
        if not expected or hmac.compare_digest(expected.encode(), word.encode()):
            return registration
    return None


def _token_response(call: Call, session: ApiSession) -> dict[str, str | int]:
    """Issue tokens of the session; no refresh token if the access token outlives the session."""
    sessions, now = call.workspace.sessions, call.workspace.clock.now()
    answer: dict[str, str | int] = {
        "access_token": sessions.access_token(session, now + LIFE),
        "token_type": "Bearer",
        "expires_in": int(LIFE.total_seconds()),
        "scope": session.scope,
    }
    if session.expires_at is None or now + LIFE <= session.expires_at:
        answer["refresh_token"] = sessions.refresh_token(session)
    return answer
