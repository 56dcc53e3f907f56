"""Send an example to this server, in this process, with a token that its credential gets by its own grant."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit

from sandbox.access.credentials import credential_row
from sandbox.console.in_process import InnerResponse, send_control, send_request
from sandbox.console.pages.start.examples import BASIC
from sandbox.console.pages.start.stage import Missing, Stage
from sandbox.console.snippets import HttpRequest
from sandbox.http.call import Call

SYSTEM_TOKENS = "/api/oauth/token"
CUSTOMER_TOKENS = "/auth/realms/pkb/protocol/openid-connect/token"
SESSION_TOKENS = "/apiToken.action"


async def send(call: Call, stage: Stage, request: HttpRequest, *, is_token_recorded: bool = False) -> InnerResponse:
    """Send a request as the stage's credential; it enters the journal, and so do calls for its token on request.

    Raises Missing without a token.
    """
    secrets = (
        {"BASIC": basic(stage)} if stage.kind in BASIC else {"TOKEN": await token_of(call, stage, is_token_recorded)}
    )
    headers = {
        name: "".join(secrets.get(part.text, "") if part.is_variable else part.text for part in request.parts(value))
        for name, value in request.headers
    }
    address = urlsplit(request.url)
    return await send_request(
        call,
        request.method,
        unquote(address.path).removeprefix(call.base_path),
        query=dict(parse_qsl(address.query)),
        headers=headers,
        body=request.body.encode(),
        is_recorded=True,
    )


def basic(stage: Stage) -> str:
    """Return user name and password as HTTP Basic has them."""
    return base64.b64encode(f"{stage.credential.id}:{stage.credential.secret}".encode()).decode()


async def token_of(call: Call, stage: Stage, is_recorded: bool) -> str:
    """Get an access token by the grant of the credential's kind. Raises Missing."""
    credential = stage.credential
    match stage.kind:
        case "user-client":
            form = await _approved(call, stage)
        case "tethered-token-system-client":
            refresh = credential_row(stage.workspace, credential).get("refresh_token")
            if not refresh:
                raise Missing(f"No team's coordinator has given {credential.id} a refresh token yet.")
            scope = " ".join(credential.scopes)
            form = {"grant_type": "refresh_token", "client_id": credential.id, "refresh_token": refresh, "scope": scope}
        case _:
            secret = {"client_id": credential.id, "client_secret": credential.secret}
            form = {"grant_type": "client_credentials", **secret}
    response = await send_request(
        call,
        "POST",
        token_path(stage.kind),
        headers={"content-type": "application/x-www-form-urlencoded"},
        body=urlencode(form).encode(),
        is_recorded=is_recorded,
    )
    if response.status != 200:
        raise Missing(f"The token endpoint answered {response.status}: {response.text[:300]}")
    token: str = response.json()["access_token"]
    return token


def token_path(kind: str) -> str:
    """Return the path of the token endpoint for a kind of credential."""
    if kind == "customer-system-client":
        return CUSTOMER_TOKENS
    return SYSTEM_TOKENS if kind == "system-client" else SESSION_TOKENS


async def _approved(call: Call, stage: Stage) -> dict[str, Any]:
    """Approve as the user, as on the authorize page, and return the form for the code."""
    credential = stage.credential
    if not credential.redirect_uris:
        raise Missing(f"{credential.id} has no redirect URI.")
    query = {"client_id": credential.id, "redirect_uri": credential.redirect_uris[0]}
    answer = await send_control(call, "POST", f"/users/{stage.user}/approve", query)
    code = parse_qs(urlsplit(answer["redirect"]).query).get("code", [""])[0]
    return {"grant_type": "authorization_code", "code": code, **query}
