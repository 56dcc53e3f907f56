"""Say in words what is wrong with a body that should be JSON, and where."""

from __future__ import annotations

from json import JSONDecodeError

BYTE_ORDER_MARK = "\ufeff"
"""One is removed before a body is parsed; JSON has no place for another."""


def reason_of(error: Exception) -> str:
    """Describe an error of the JSON parser: `Expecting value at line 1, column 9`."""
    if isinstance(error, JSONDecodeError):
        if error.doc.startswith(BYTE_ORDER_MARK):
            # Of a text, though not of bytes, Python says to the programmer how to decode it.
            return "Expecting value at line 1, column 1"
        return f"{error.msg} at line {error.lineno}, column {error.colno}"
    if isinstance(error, UnicodeEncodeError):
        return "an unpaired surrogate in a text"
    if isinstance(error, UnicodeDecodeError):
        return "not text in UTF-8"
    return "too many levels" if isinstance(error, RecursionError) else "a number that is out of range"
