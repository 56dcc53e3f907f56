"""The requests of a walk: each is sent as an app would send it, and recorded."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from sandbox.console.pages.try_it.oauth.walks import Walk
from sandbox.console.sending import send
from sandbox.errors import Invalid
from sandbox.http.call import Call
from sandbox.worlds.exchange import Exchange

TOKENS = "/apiToken.action"
SELF = "/json/users/self"
FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkAct:
    """An act of a walk: the words on its button, an explanation, and the function that sends it.

    `needs` is the attribute of the walk without which it cannot be done.
    """

    label: str
    text: str
    needs: str
    send: Callable[[Call, Walk], Awaitable[Exchange]]


def _code_fields(walk: Walk) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "code": walk.code,
        "redirect_uri": walk.redirect_uri,
        "code_verifier": walk.verifier,
    }


def _refresh_fields(token: str) -> dict[str, str]:
    return {"grant_type": "refresh_token", "refresh_token": token}


async def _ask_for_tokens(call: Call, walk: Walk, fields: dict[str, str]) -> Exchange:
    form = {"client_id": walk.client, **fields}
    body = urlencode({name: value for name, value in form.items() if value}).encode()
    return await send(call, "POST", TOKENS, headers=FORM, body=body)


async def _get_tokens(call: Call, walk: Walk, fields: dict[str, str]) -> Exchange:
    """Keep the tokens of the response for the next acts; the journal has them too, but never shows them."""
    exchange = await _ask_for_tokens(call, walk, fields)
    if exchange.status == 200:
        # The body as it was recorded: secrets are masked only when an exchange is shown.
        answer = json.loads(exchange.response.body)
        walk.access_token = answer["access_token"]
        walk.used_refresh_token, walk.refresh_token = walk.refresh_token, answer.get("refresh_token", "")
    return exchange


async def _call(call: Call, token: str) -> Exchange:
    return await send(call, "GET", SELF, headers={"authorization": f"Bearer {token}", "accept": "application/json"})


ACTS: dict[str, WalkAct] = {
    "exchange": WalkAct(
        label="Exchange the code for tokens",
        text="A code works once, within its lifetime, with the same client and redirect_uri.",
        needs="code",
        send=lambda call, walk: _get_tokens(call, walk, _code_fields(walk)),
    ),
    "call": WalkAct(
        label="Call GET /users/self",
        text="The access token goes into the header Authorization: Bearer.",
        needs="access_token",
        send=lambda call, walk: _call(call, walk.access_token),
    ),
    "refresh": WalkAct(
        label="Refresh the tokens",
        text="A refresh token works once: the response brings the next one.",
        needs="refresh_token",
        send=lambda call, walk: _get_tokens(call, walk, _refresh_fields(walk.refresh_token)),
    ),
    "wrong-redirect": WalkAct(
        label="Another redirect_uri",
        text="The code is bound to the redirect_uri of the authorization request.",
        needs="code",
        send=lambda call, walk: _ask_for_tokens(
            call, walk, {**_code_fields(walk), "redirect_uri": "https://elsewhere.example/done"}
        ),
    ),
    "wrong-verifier": WalkAct(
        label="Another code_verifier",
        text="With PKCE the code is worth nothing without the verifier of the challenge.",
        needs="verifier",
        send=lambda call, walk: _ask_for_tokens(call, walk, {**_code_fields(walk), "code_verifier": "a" * 43}),
    ),
    "code-again": WalkAct(
        label="The code a second time",
        text="Somebody may have stolen it, so the session that it opened ends too.",
        needs="access_token",
        send=lambda call, walk: _ask_for_tokens(call, walk, _code_fields(walk)),
    ),
    "old-refresh": WalkAct(
        label="The refresh token a second time",
        text="Somebody may have stolen it, so the session ends.",
        needs="used_refresh_token",
        send=lambda call, walk: _ask_for_tokens(call, walk, _refresh_fields(walk.used_refresh_token)),
    ),
    "no-token": WalkAct(
        label="A call with a token that nobody issued",
        text="Any other text than a live token is BAD_AUTHENTICATION.",
        needs="client",
        send=lambda call, walk: _call(call, "made-up"),
    ),
}
"""Word in addresses → the act."""
STEPS = ("exchange", "call", "refresh")
"""The acts of the walk itself; the others are refused."""


async def carry_out(call: Call, walk: Walk, name: str) -> Exchange:
    """Send the request of an act, and note it in the walk. Raises Invalid before its turn."""
    act = ACTS.get(name)
    if act is None or not getattr(walk, act.needs):
        raise Invalid("This step comes later: first do the one before it.")
    exchange = await act.send(call, walk)
    walk.exchanges.append((name, exchange.id))
    return exchange
