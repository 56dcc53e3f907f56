"""What `--strict` refuses at all of PKB's APIs: secrets in the address, and plain HTTP where HTTPS is offered."""

from __future__ import annotations

from urllib.parse import parse_qsl

from sandbox.errors import Forbidden, Invalid
from sandbox.http.call import Call

SECRETS = ("access_token", "client_secret", "password", "refresh_token")
"""Parameters that RFC 6749 section 2.3.1 and RFC 6750 section 2.3 keep out of addresses."""


def check_strictly(call: Call) -> None:
    """Raise Invalid for a secret in the query, Forbidden for plain HTTP where clients have HTTPS."""
    names = {
        name for name, _ in parse_qsl(call.request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    }
    secret = next((name for name in SECRETS if name in names), "")
    if secret:
        raise Invalid(
            f"{secret} must not be sent in the address",
            rule="strict.secret-in-query",
            instead="the access token in the Authorization header, every other secret in the body",
        )
    if call.is_plain_where_https_is_offered:
        raise Forbidden(
            "HTTPS is required",
            rule="strict.plain-http",
            instead="the https:// address of the proxy, which states it in X-Forwarded-Proto or Forwarded",
        )
