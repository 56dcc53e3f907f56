"""Credentials and tokens: which one a kind means, how each kind gets a token, and httpx's authentication with it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from sandbox.testing.answers import ControlError, Tokens
from sandbox.testing.steps import Ask, Control, Steps, basic

USERS_TOKEN = "/apiToken.action"  # noqa: S105 - an address
TOKEN_PATHS = {
    "system-client": "/api/oauth/token",
    "customer-system-client": "/auth/realms/pkb/protocol/openid-connect/token",
}
"""Kinds whose token comes by client credentials → the token endpoint."""


def id_of(credential: dict[str, Any]) -> str:
    """The client id or HL7 user name."""
    return str(credential.get("client_id") or credential["username"])


def choose_credential(rows: list[dict[str, Any]], kind: str, organisation: str | None) -> dict[str, Any]:
    """The first credential of a kind, or the one with a client id or user name; of an organisation, where one is named.

    In a workspace the ids of the seeded credentials carry a suffix, which may be left out. Raises LookupError, which
    lists the credentials of the world.
    """
    for row in rows:
        names = (row["kind"], id_of(row), id_of(row).rpartition("-")[0])
        if kind in names and (organisation is None or organisation in _organisations(row)):
            return row
    there_are = ", ".join(f"{row['kind']} {id_of(row)}" for row in rows)
    of = f" of organisation {organisation!r}" if organisation else ""
    raise LookupError(f"No credential {kind!r}{of}; the world has: {there_are}")


def _organisations(credential: dict[str, Any]) -> set[str]:
    """Ids and names of the organisations that a credential belongs to or acts for."""
    own = [credential["organisation"]] if credential.get("organisation") else []
    granted = [grant["organisation"] for grant in credential.get("on_behalf_of", [])]
    return {value for entry in (*own, *granted) for value in (entry["id"], entry["name"])}


def organisation_header(credential: dict[str, Any], organisation: str | None) -> dict[str, str]:
    """The header that names the organisation on whose behalf a System Client calls: the first, unless one is named."""
    granted = [grant["organisation"] for grant in credential.get("on_behalf_of", [])]
    chosen = [entry for entry in granted if organisation in (None, entry["id"], entry["name"])]
    return {"X-Org-Public-Id": chosen[0]["id"]} if credential["kind"] == "system-client" and chosen else {}


def token(control: Control, credential: dict[str, Any], user: str | None = None) -> Steps[Tokens]:
    """A new access token for a credential; `user` is who signs in to a User Client, the first of its users by default.

    Raises ValueError for an HL7 credential, ControlError when the token endpoint refuses.
    """
    kind = credential["kind"]
    if kind in TOKEN_PATHS:
        headers = basic(credential["client_id"], credential["client_secret"])
        return (yield from _granted(Ask("POST", TOKEN_PATHS[kind], headers=headers, form=_CLIENT_CREDENTIALS)))
    if kind == "tethered-token-system-client":
        form = {"grant_type": "refresh_token", "refresh_token": credential["refresh_token"], "scope": "SITE"}
        return (yield from _granted(Ask("POST", USERS_TOKEN, form={**form, "client_id": credential["client_id"]})))
    if kind == "user-client":
        return (yield from sign_in(control, credential, user))
    raise ValueError(f"{kind} has no tokens; HL7 messages carry its user name and password: use send_hl7")


_CLIENT_CREDENTIALS = {"grant_type": "client_credentials"}


def sign_in(control: Control, credential: dict[str, Any], user: str | None) -> Steps[Tokens]:
    """The authorization code flow, with the user's approval given by the control API.

    `user` is an id or an e-mail address. Raises LookupError for a user whom the world does not have.
    """
    id_ = (yield from _user_id(control, credential, user)) if user else credential["users"][0]["id"]
    request = {"client_id": credential["client_id"], "redirect_uri": credential["redirect_uris"][0]}
    approved = yield from control.ask("POST", f"/users/{id_}/approve", request)
    code = parse_qs(urlsplit(approved["redirect"]).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, **request}
    return (yield from _granted(Ask("POST", USERS_TOKEN, form=form)))


def _user_id(control: Control, credential: dict[str, Any], user: str) -> Steps[str]:
    """The id of one of the client's users, or of any other person of the world: not each of them may use the client."""
    world = yield from control.world()
    people = [*credential.get("users", []), *world["users"], *world["patients"]]
    for person in people:
        if user in (person["id"], person.get("email")):
            return str(person["id"])
    addresses = dict.fromkeys(person["email"] for person in people if person.get("email"))
    raise LookupError(f"No user {user!r}; the world has: {', '.join(addresses)}")


def _granted(ask: Ask) -> Steps[Tokens]:
    response = yield ask
    if response.is_error:
        raise ControlError(f"POST {ask.path}", response.status_code, response.text[:300])
    granted = response.json()
    return Tokens(granted["access_token"], granted.get("refresh_token", ""), int(granted.get("expires_in", 0)))


class TokenAuth(httpx.Auth):
    """Sends a token with each request: got when first needed, and anew when the server no longer accepts it."""

    # Then httpx reads an answer before it passes it on: the token is in it.
    requires_response_body = True

    def __init__(self, base_url: str, fetch: Callable[[], Steps[Tokens]]) -> None:
        self._base_url = base_url
        self._fetch = fetch
        self._token = ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        is_new = not self._token
        if is_new:
            yield from self._renew()
        request.headers["Authorization"] = f"Bearer {self._token}"
        response = yield request
        # A token that was just issued and is refused will be refused again: the test sees the 401.
        if response.status_code == 401 and not is_new:
            yield from self._renew()
            request.headers["Authorization"] = f"Bearer {self._token}"
            yield request

    def _renew(self) -> Generator[httpx.Request, httpx.Response, None]:
        steps = self._fetch()
        try:
            ask = next(steps)
            while True:
                response = yield httpx.Request(ask.method, self._base_url + ask.path, **ask.options())
                ask = steps.send(response)
        except StopIteration as end:
            self._token = end.value.access_token
