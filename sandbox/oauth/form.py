"""Read a token request: a form, possibly with parameters in the query string (RFC 6749 section 4.4.2)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl

from sandbox.access.credentials import basic
from sandbox.base.short_cache import short_cache
from sandbox.http.call import Call
from sandbox.oauth.errors import TokenError

NAME = re.compile(r"[A-Za-z_]{1,30}")
"""A name that any client might use for a parameter."""
FORM = "application/x-www-form-urlencoded"


def parameters(call: Call) -> Mapping[str, str]:
    """Return the parameters of body and query string. Raises TokenError for another media type, bad text or a
    repetition.
    """
    # Parsed once for all who ask: the choice of the world, the journal entry, fault rules and the grant.
    if call.foreseen is None:
        # Without a body no media type is needed: all parameters may be in the query string.
        if call.body and call.media_type != FORM:
            raise _invalid(f"The body must be {FORM}")
        call.foreseen = _fields(call.body, call.request.scope["query_string"])
    fields: Mapping[str, str] = call.foreseen
    return fields


@short_cache(16)
def _fields(body: bytes, query: bytes) -> Mapping[str, str]:
    try:
        pairs = parse_qsl(query.decode(), keep_blank_values=True, errors="strict", max_num_fields=100)
        pairs += parse_qsl(body.decode("utf-8-sig"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError as error:
        raise _invalid("The parameters are not a form in UTF-8 of at most 100 parameters") from error
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise _invalid(f"The parameter {repeated_name(pairs)} is repeated", "oauth.repeated-parameter")
    return fields


def repeated_name(pairs: Iterable[tuple[str, str]]) -> str:
    """Return the first name that occurs twice. A name that no parameter has is not repeated: it may be a secret."""
    counts = Counter(name for name, _ in pairs)
    names = (name for name, count in counts.items() if count > 1 and NAME.fullmatch(name))
    return next(names, "with a name of its own")


def client_credentials(call: Call, fields: Mapping[str, str]) -> tuple[str, str] | None:
    """Return client id and secret, from the Authorization header or the parameters; None if neither has them."""
    # RFC 6749, 2.3: one method a request, so the header alone counts.
    if "authorization" in call.headers:
        return basic(call.first_header(b"authorization"))
    return (fields["client_id"], fields["client_secret"]) if {"client_id", "client_secret"} <= fields.keys() else None


def _invalid(text: str, rule: str = "oauth.form-only") -> TokenError:
    return TokenError(400, "invalid_request", text, rule=rule)
