"""PKB's escapes of ER7, the delimiters of a message, and the HL7 null."""

from __future__ import annotations

import re

NULL = '""'
"""The HL7 null: the sender asks to clear the value."""

INBOUND = {"F": "|", "S": "^", "T": "&", "R": "~", "E": "\\", ".br": "\n"}
"""Escape sequences that PKB reads, whatever the delimiters of the message; others stay as they are."""

OUTBOUND = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"}
"""Characters that PKB escapes when it writes; a newline is not one of them."""
_OUTBOUND = str.maketrans(OUTBOUND)

DELIMITERS = "|~^&"
"""The delimiters between fields, repetitions, components and sub-components, in the order of nesting."""

_ESCAPE = re.compile(r"\\(F|S|T|R|E|\.br)\\")


def unescape(text: str) -> str:
    # In one pass: the result of an escape, such as \E\, must not begin another one.
    return _ESCAPE.sub(lambda match: INBOUND[match[1]], text) if "\\" in text else text


def escape(text: str) -> str:
    # Most texts are a name or a number, where there is nothing to look up for each character.
    return text if text.isalnum() else text.translate(_OUTBOUND)
