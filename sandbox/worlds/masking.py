"""Mask secrets in headers and in values of secret keys when an exchange is read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote_plus

MASK = "[redacted]"
SECRET_HEADERS = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization"})
SECRET_KEYS = (
    "access_token",
    "refresh_token",
    "client_secret",
    "password",
    "token",
    "otpToken",
    "assertedLoginIdentity",
)
_NAMES = "|".join(SECRET_KEYS)
_IN_JSON = re.compile(rf'("(?:{_NAMES})"\s*:\s*")(?:[^"\\]|\\.)*("|\\?$)', re.DOTALL)
_IN_PARAMETERS = re.compile(r'("name"\s*:\s*"token"\s*,\s*"valueString"\s*:\s*")[^"]*')
_NAME_IN_FORM = re.compile(r"(?<![^&?\s])([^&?\s=]+)=")
_END_IN_FORM = re.compile(r"[&\s]")
_FORM_KEYS = frozenset((*SECRET_KEYS, "code"))  # in JSON, `code` is FHIR's word and no secret
_IN_HEADER = re.compile(
    r"((?:MSH|FHS|BHS)([^\w\s])(?:(?:(?!\2)[^\r\n])*\2){6})((?:(?!\2)[^\r\n:<])*:(?:(?!\2)[^\r\n<])*)"
)
"""The security field of an HL7 header with user and password."""


def masked_headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return headers without credentials, and redirects without their code."""
    return {name: masked_header(name.lower(), value) for name, value in headers}


def masked_header(name: str, value: str) -> str:
    """Return the value of a header, whose name is in lower case, without credentials and without the code of a
    redirect.
    """
    if name in SECRET_HEADERS:
        return MASK
    return masked_query(value) if name in ("location", "referer") else value


def masked_body(body: bytes, media_type: str) -> str:
    """Decode a body with the values of secret keys masked; undecodable bytes are replaced."""
    return masked_text(body.decode("utf-8", "replace"), media_type)


def masked_text(text: str, media_type: str) -> str:
    """Mask the values of secret keys in a text."""
    # Whatever the media type: a message sent by mistake to another API holds its password all the same.
    text = _IN_HEADER.sub(rf"\1{MASK}", text)
    if "json" in media_type:
        return _masked_json(text)
    # A form, or what was sent as something else than it is: a token request of the wrong type holds secrets too.
    return text if "xml" in media_type else masked_query(_masked_json(text))


def _masked_json(text: str) -> str:
    masked = _IN_JSON.sub(rf"\1{MASK}\2", text)
    return _IN_PARAMETERS.sub(rf"\1{MASK}", masked) if '"Parameters"' in masked else masked


def masked_query(text: str) -> str:
    """Mask the values of secret names in a query string or form, however the names are encoded."""
    parts: list[str] = []
    end = 0
    for name in _NAME_IN_FORM.finditer(text):
        # Names are decoded, values are not looked at: a secret may look like anything.
        if name.start() >= end and unquote_plus(name[1]) in _FORM_KEYS:
            parts += (text[end : name.end()], MASK)
            value_end = _END_IN_FORM.search(text, name.end())
            end = value_end.start() if value_end else len(text)
    return "".join(parts) + text[end:]
