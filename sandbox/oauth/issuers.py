"""The two issuers of client-credentials tokens, as rows: their clients and their wording.

Sources: *Client credentials*, http://dev.patientsknowbest.com/home/oauth2/client-credentials ; the second issuer's
addresses are Keycloak's, and so are its words.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sandbox import facts
from sandbox.base import datafiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One refusal: status, `error`, `error_description` (with `{}` for the value), and the fact behind it."""

    status: int
    error: str
    description: str
    rule: str
    challenge: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """A token endpoint: the kind of client that it serves, the lifetime of its tokens in seconds, and its refusals."""

    name: str
    client_kind: str
    lifetime: int
    scope: str
    rule: str
    no_credentials: Refusal
    bad_credentials: Refusal
    other_client: Refusal
    no_grant_type: Refusal
    other_grant_type: Refusal


@cache
def system_clients() -> Issuer:
    """`POST /api/oauth/token`: System Clients, for Facade and Messaging."""
    scope = datafiles.read_toml(datafiles.beside_code("oauth/facts.toml"))["system_client"]["scope"]
    realm = 'Basic realm="oauth2/client"'
    full = "Full authentication is required to access this resource"
    other = "Given client ID does not match authenticated client"
    rule = "oauth.system-client-bad-credentials"
    grant = "oauth.system-client-grant-type"
    return Issuer(
        name="system-clients",
        client_kind="system-client",
        lifetime=facts.value("oauth.system-client-lifetime"),
        scope=scope,
        rule="oauth.system-client-token",
        no_credentials=_refusal(401, "unauthorized", full, "oauth.system-client-no-credentials", realm),
        bad_credentials=_refusal(401, "unauthorized", "Bad credentials", rule, realm),
        other_client=_refusal(401, "invalid_client", other, "oauth.client-id-beside-basic", realm),
        no_grant_type=_refusal(400, "invalid_request", "Missing grant type", grant),
        other_grant_type=_refusal(400, "unsupported_grant_type", "Unsupported grant type: {}", grant),
    )


@cache
def customer_system_clients() -> Issuer:
    """The realm's token endpoint: Customer System Clients, for Customer and Aggregated."""
    scope = datafiles.read_toml(datafiles.beside_code("oauth/facts.toml"))["customer_system_client"]["scope"]
    invalid = "Invalid client or Invalid client credentials"
    grant = "oauth.customer-grant-type"
    return Issuer(
        name="customer-system-clients",
        client_kind="customer-system-client",
        lifetime=facts.value("oauth.customer-lifetime"),
        scope=scope,
        rule="oauth.customer-token",
        no_credentials=_refusal(401, "invalid_client", invalid, "oauth.customer-bad-client"),
        bad_credentials=_refusal(401, "invalid_client", invalid, "oauth.customer-bad-client"),
        other_client=_refusal(401, "invalid_client", invalid, "oauth.client-id-beside-basic"),
        no_grant_type=_refusal(400, "invalid_request", "Missing form parameter: grant_type", grant),
        # Keycloak's words do not repeat the value.
        other_grant_type=_refusal(400, "unsupported_grant_type", "Unsupported grant_type", grant),
    )


def _refusal(status: int, error: str, description: str, rule: str, challenge: str = "") -> Refusal:
    return Refusal(status=status, error=error, description=description, rule=rule, challenge=challenge)
