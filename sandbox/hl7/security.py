"""MSH-8, the security field of HL7 v2: over MLLP it may contain `<user>:<password>`, which is never stored or shown.

PKB does not use the field. The sandbox reads it over MLLP in place of HTTP Basic (`choice`), so that an engine
without SOAP can choose its credential, and with it the world.
"""

from __future__ import annotations

import re

from sandbox.hl7.escapes import unescape

_HEADER = re.compile(r"[^\S\r\n]*(?:(?:\ufeff|\xef\xbb\xbf)[^\S\r\n]*)?(?:MSH|FHS|BHS)([^\w\s])")
_NEXT_HEADER = re.compile(r"[\r\n](?=(?:\ufeff|\xef\xbb\xbf)?(?:MSH|FHS|BHS))")
_LINE_END = re.compile(r"[\r\n]")
_HEADERS = ("MSH", "FHS", "BHS")
SECURITY = 8


def credential_of(text: str) -> tuple[str, str] | None:
    """Return user and password of the first header of a message; None if MSH-8 has no such pair."""
    span = _span_of_security(text, 0)
    user, colon, password = unescape(text[slice(*span)] if span else "").partition(":")
    return (user, password) if colon else None


def without_security(text: str) -> str:
    """Blank the security field of each header, including batch headers."""
    parts, end = [], 0
    for start in _headers(text):
        span = _span_of_security(text, start)
        if span:
            parts.append(text[end : span[0]])
            end = span[1]
    return "".join([*parts, text[end:]]) if parts else text


def _headers(text: str) -> list[int]:
    """Find the lines that look like header segments."""
    if sum(map(text.count, _HEADERS)) < 2:
        return [len(text) - len(text.lstrip())]
    return [len(text) - len(text.lstrip()), *(line.end() for line in _NEXT_HEADER.finditer(text))]


def _span_of_security(text: str, start: int) -> tuple[int, int] | None:
    """Return start and end of a header's security field; None if it has none."""
    header = _HEADER.match(text, len(text) - len(text.lstrip()) if start == 0 else start)
    if header is None:
        return None
    end_of_line = _LINE_END.search(text, header.end())
    line_end = end_of_line.start() if end_of_line else len(text)
    at = header.end() - 1
    # MSH-1 is the delimiter itself, so MSH-8 begins after six more of them.
    for _ in range(SECURITY - 2):
        at = text.find(header[1], at + 1, line_end)
        if at < 0:
            return None
    end = text.find(header[1], at + 1, line_end)
    span = at + 1, end if end >= 0 else line_end
    return span if span[0] < span[1] else None
