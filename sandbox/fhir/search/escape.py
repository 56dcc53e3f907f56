"""Escapes in the values of search parameters (https://hl7.org/fhir/R4/search.html#escaping)."""

from __future__ import annotations

import re

_ESCAPED = re.compile(r"\\([,$|\\])")


def split(text: str, separator: str) -> list[str]:
    """Split at separators without a backslash; parts stay escaped."""
    if "\\" not in text:
        return text.split(separator)
    parts: list[str] = []
    start = at = 0
    while at < len(text):
        if text[at] == "\\":
            at += 2
        elif text[at] == separator:
            parts.append(text[start:at])
            start = at = at + 1
        else:
            at += 1
    return [*parts, text[start:]]


def unescape(text: str) -> str:
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text
