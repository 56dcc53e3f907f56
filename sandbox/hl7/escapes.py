"""PKB's fixed table of escape sequences, the same whatever delimiters a message declares.

Source: HL7 Integration, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365012127
"""

from __future__ import annotations

import re

OUTBOUND = {"|": r"\F" + "\\", "^": r"\S" + "\\", "&": r"\T" + "\\", "~": r"\R" + "\\", "\\": r"\E" + "\\"}
"""What PKB escapes in a reply. A newline is not escaped on output."""

INBOUND = {sequence: character for character, sequence in OUTBOUND.items()} | {r"\.br" + "\\": "\n"}
"""What PKB unescapes in a message."""

_SEQUENCE = re.compile("|".join(re.escape(sequence) for sequence in INBOUND))
_LINE_END = re.compile(r"\r\n?")
_DELIMITER = str.maketrans(OUTBOUND)


def unescape(text: str) -> str:
    """The text that an escaped value stands for.

    choice: PKB names no other sequences (`\\H\\`, `\\X0D\\`), so they stay as they are.
    """
    return _SEQUENCE.sub(lambda found: INBOUND[found[0]], text) if "\\" in text else text


def escape(text: str) -> str:
    """A value as it may stand between standard delimiters.

    choice: a carriage return would end the segment, so it becomes a newline, which PKB does not escape.
    """
    return _LINE_END.sub("\n", text).translate(_DELIMITER)
