"""Mask secrets in headers and bodies when an exchange is read, in every form and under any media type."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable

from sandbox.worlds.masking.form_text import mask_form, mask_multipart
from sandbox.worlds.masking.json_text import mask_json
from sandbox.worlds.masking.names import HINT, MASK, is_secret_header
from sandbox.worlds.masking.xml_text import mask_xml

__all__ = ["MASK", "masked_body", "masked_header", "masked_headers", "masked_query", "masked_text", "wide_encoding"]

_HL7_SECURITY = re.compile(
    r"((?:MSH|FHS|BHS)([^\w\s\"])(?:(?:(?!\2)[^\r\n]){0,300}\2){6})((?:(?!\2)[^\r\n:<]){0,300}:(?:(?!\2)[^\r\n<])*)"
)
"""The security field of an HL7 header with user and password; a quote is no separator, as a token may end in MSH."""
_WIDE = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"), (b"\0", "utf-16-be"))
"""The first bytes of a text in another encoding than UTF-8, and that encoding."""


def masked_headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return headers without credentials, and addresses without their secrets."""
    return {name: masked_header(name.lower(), value) for name, value in headers}


def masked_header(name: str, value: str) -> str:
    """Return the value of a header, whose name is in lower case, without credentials; an address in it, such as a
    redirect, without its secrets.
    """
    if is_secret_header(name):
        return MASK
    return masked_query(value) if "=" in value or "@" in value else value


def masked_body(body: bytes, media_type: str) -> str:
    """Decode a body with the values of secret names masked; undecodable bytes are replaced."""
    return masked_text(body.decode(wide_encoding(body) or "utf-8", "replace"), media_type)


def wide_encoding(body: bytes) -> str:
    """Return the encoding of a text in UTF-16, with or without its mark; empty for any other body."""
    # A secret in UTF-16 has ASCII letters, and so zero bytes; without these a text is not in UTF-16.
    if b"\0" not in body[:200]:
        return ""
    if body[1:2] == b"\0":
        return "utf-16-le"
    return next((encoding for start, encoding in _WIDE if body.startswith(start)), "")


def masked_text(text: str, media_type: str) -> str:
    """Mask the values of secret names in a text.

    Every form of secret is masked under every media type: a token request with a wrong type contains secrets too, and
    so does a message that was sent to the wrong API.
    """
    text = _HL7_SECURITY.sub(rf"\1{MASK}", text)
    if HINT.search(text) is None and "://" not in text:
        return text
    text = mask_json(text) if '"' in text else text
    text = mask_xml(text) if "<" in text else text
    text = mask_multipart(text) if "name=" in text.lower() else text
    is_structured = "json" in media_type or "xml" in media_type
    # In JSON and XML, `code` is FHIR's word and no secret.
    return mask_form(text, has_code=not is_structured, in_text=is_structured)


def masked_query(text: str) -> str:
    """Mask the values of secret names in a query string, form or address, however the names are encoded."""
    return mask_form(text)
