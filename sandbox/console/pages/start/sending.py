"""Send an example to this server, in this process, with a token that its credential gets by its own grant."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from sandbox.access.credentials import credential_row
from sandbox.console.in_process import send_control, send_request
from sandbox.console.pages.start.examples import BASIC
from sandbox.console.pages.start.stage import CellStage, MissingFromWorld
from sandbox.console.sending import basic, send
from sandbox.console.snippets import HttpRequest
from sandbox.http.call import Call
from sandbox.worlds.exchange import Exchange

SYSTEM_TOKENS = "/api/oauth/token"
CUSTOMER_TOKENS = "/auth/realms/pkb/protocol/openid-connect/token"
SESSION_TOKENS = "/apiToken.action"


async def send_example(
    call: Call, stage: CellStage, request: HttpRequest, *, is_token_recorded: bool = False
) -> Exchange:
    """Send a request as the stage's credential, and return its exchange; on request the journal gets the call for its
    token, too.

    Raises MissingFromWorld without a token.
    """
    if stage.kind in BASIC:
        secrets = {"BASIC": basic(stage.credential).removeprefix("Basic ")}
    else:
        secrets = {"TOKEN": await _token(call, stage, is_token_recorded)}
    headers = {
        name: "".join(secrets.get(part.text, "") if part.is_variable else part.text for part in request.parts(value))
        for name, value in request.headers
    }
    address = urlsplit(request.url)
    # The call is made behind the proxy, which removes the base path on the way.
    path = unquote(address.path).removeprefix(call.base_path)
    body = request.body.encode()
    return await send(call, request.method, path, query=address.query, headers=headers, body=body)


async def _token(call: Call, stage: CellStage, is_recorded: bool) -> str:
    """Get an access token by the grant of the credential's kind. Raises MissingFromWorld."""
    credential = stage.credential
    match stage.kind:
        case "user-client":
            form = await _approved(call, stage)
        case "tethered-token-system-client":
            refresh = credential_row(stage.workspace, credential).get("refresh_token")
            if not refresh:
                raise MissingFromWorld(f"No team's coordinator has given {credential.id} a refresh token yet.")
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
        raise MissingFromWorld(f"The token endpoint answered {response.status}: {response.text[:300]}")
    token: str = response.json()["access_token"]
    return token


def token_path(kind: str) -> str:
    """Return the path of the token endpoint for a kind of credential."""
    if kind == "customer-system-client":
        return CUSTOMER_TOKENS
    return SYSTEM_TOKENS if kind == "system-client" else SESSION_TOKENS


async def _approved(call: Call, stage: CellStage) -> dict[str, Any]:
    """Approve as the user, as on the authorize page, and return the form for the code."""
    credential = stage.credential
    if not credential.redirect_uris:
        raise MissingFromWorld(f"{credential.id} has no redirect URI.")
    query = {"client_id": credential.id, "redirect_uri": credential.redirect_uris[0]}
    answer = await send_control(call, "POST", f"/users/{stage.user}/approve", query)
    code = parse_qs(urlsplit(answer["redirect"]).query).get("code", [""])[0]
    return {"grant_type": "authorization_code", "code": code, **query}
