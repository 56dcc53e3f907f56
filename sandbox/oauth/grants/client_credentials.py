"""The client credentials grant (RFC 6749 section 4.4): a client's own token, never with a refresh token."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from sandbox.access import credentials, roles, tokens
from sandbox.access.principal import Principal
from sandbox.facts import ledger
from sandbox.http.answers import BytesResponse
from sandbox.http.call import Call
from sandbox.oauth.errors import NO_STORE, TokenError
from sandbox.oauth.form import client_credentials, parameters
from sandbox.oauth.issuers import Issuer, Refusal


def grant(call: Call, issuer: Issuer, issuer_url: str) -> Response:
    """Answer a token request at one of the two issuers. Raises TokenError in the issuer's words."""
    fields = parameters(call)
    principal = _client(call, issuer, fields)
    # The client first: without valid credentials neither issuer looks at the grant type.
    kind = fields.get("grant_type", "")
    if not kind:
        raise _refused(issuer.no_grant_type)
    if kind != "client_credentials":
        raise _refused(issuer.other_grant_type, kind)
    token = token_of(principal, issuer, issuer_url, issuer.lifetime)
    call.rests_on(ledger()[issuer.rule].standing)
    return BytesResponse(_answer(token, issuer).encode(), "application/json", headers=NO_STORE)


def token_of(principal: Principal, issuer: Issuer, issuer_url: str, lifetime: int) -> tokens.AccessToken:
    """Issue an access token of an issuer for its client; `lifetime` in seconds, negative for an expired token."""
    claims = _CLAIMS[issuer.name](principal, issuer)
    return tokens.issue(principal.workspace, principal.credential, issuer_url, lifetime, claims)


def _client(call: Call, issuer: Issuer, fields: Mapping[str, str]) -> Principal:
    id_and_secret = client_credentials(call, fields)
    if id_and_secret is None:
        raise _refused(issuer.no_credentials)
    # The client's world, even if the secret is wrong: the refusal is recorded in that world's journal.
    workspace = credentials.world_of(call.workspaces, id_and_secret[0])
    if workspace is not None and workspace is not call.workspace:
        call.enter(workspace)
    registration = credentials.authenticate(call.workspaces, *id_and_secret)
    if registration is None or registration[1].kind != issuer.client_kind:
        raise _refused(issuer.bad_credentials)
    if "authorization" in call.headers and fields.get("client_id") not in (None, "", registration[1].id):
        raise _refused(issuer.other_client)
    call.principal = Principal(workspace=registration[0], credential=registration[1])
    return call.principal


def _refused(refusal: Refusal, value: str = "") -> TokenError:
    text = refusal.description.format(value)
    return TokenError(refusal.status, refusal.error, text, rule=refusal.rule, challenge=refusal.challenge)


def _system_client_claims(principal: Principal, issuer: Issuer) -> dict[str, Any]:
    return {"scope": [issuer.scope]}


def _customer_claims(principal: Principal, issuer: Issuer) -> dict[str, Any]:
    access = roles.resource_access(principal.workspace.store, principal.credential)
    return {"scope": issuer.scope, "resource_access": access}


_CLAIMS = {"system-clients": _system_client_claims, "customer-system-clients": _customer_claims}


def _system_client(token: tokens.AccessToken, issuer: Issuer) -> dict[str, Any]:
    return {
        "access_token": token.value,
        "token_type": "bearer",
        "expires_in": token.expires_in,
        "scope": issuer.scope,
        "jti": token.id,
    }


# The keys of Keycloak, and its capital letter in the type, which the other issuer does not have.
def _customer_system_client(token: tokens.AccessToken, issuer: Issuer) -> dict[str, Any]:
    return {
        "access_token": token.value,
        "expires_in": token.expires_in,
        "refresh_expires_in": 0,
        "token_type": "Bearer",
        "not-before-policy": 0,
        "scope": issuer.scope,
    }


_ANSWERS = {"system-clients": _system_client, "customer-system-clients": _customer_system_client}
_templates: dict[str, str] = {}
"""Name of an issuer → its answer in JSON, with names in place of the token and its id."""


def _answer(token: tokens.AccessToken, issuer: Issuer) -> str:
    """Write an answer: all of an issuer differ only in the token and its id, in which JSON escapes nothing."""
    template = _templates.get(issuer.name)
    if template is None:
        named = tokens.AccessToken(value="{token}", id="{id}", expires_in=issuer.lifetime)
        content = json.dumps(_ANSWERS[issuer.name](named, issuer), ensure_ascii=False, separators=(",", ":"))
        template = _templates[issuer.name] = content
    return template.replace("{token}", token.value).replace("{id}", token.id)
