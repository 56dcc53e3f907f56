"""The claims of an access token, which a recording may keep although it must not contain the token."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any


def claims_in(body: bytes) -> dict[str, Any]:
    """Return the claims of the access token in a token response; empty if it has none."""
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return claims_of(answer.get("access_token")) if isinstance(answer, dict) else {}


def claims_of(token: object) -> dict[str, Any]:
    """Return the payload of a JSON Web Token (RFC 7519), unverified; empty for an opaque token."""
    parts = token.split(".") if isinstance(token, str) else []
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error):
        return {}
    return claims if isinstance(claims, dict) else {}
