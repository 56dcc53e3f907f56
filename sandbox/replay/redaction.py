"""Values without people: codes stay, everything else is replaced by its shape."""

from __future__ import annotations

import re
from typing import Any

CODE_KEYS = frozenset(
    [
        "resourceType",
        "status",
        "code",
        "system",
        "use",
        "type",
        "mode",
        "severity",
        "intent",
        "category",
        "interpretation",
        "relation",
        "unit",
        "method",
        "error",
        "scope",
        "token_type",
        "kind",
        "content-type",
        "etag",
        "versionId",
        "contentType",
        "ack",
    ]
)
"""Names of elements whose values are codes of a system, not facts about a person."""
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9+./:;=\-_\"]{0,80}|W/\"\d+\"")
_HL7_CODES = frozenset(["MSH-9", "MSA-1", "MSH-11", "ERR-3", "ERR-4"])
_POSITION = re.compile(r"\[[^\[\]]*\]")


def shape_of(value: Any, where: str) -> Any:
    """Return a value of a path without people: codes, booleans and structure stay, other values become their shape."""
    if isinstance(value, dict):
        return {key: shape_of(part, f"{where}.{key}") for key, part in value.items()}
    if isinstance(value, list):
        return [shape_of(part, where) for part in value]
    if value is None or isinstance(value, bool) or is_code(value, where):
        return value
    if isinstance(value, (int, float)):
        return "<number>"
    return _shape(str(value))


def is_code(value: Any, where: str) -> bool:
    """Return whether a value at a path is a code: both the name of its element and its form must say so."""
    path = _POSITION.sub("", where)
    field = path.partition(".")[0]
    is_named = path.rpartition(".")[2] in CODE_KEYS or field in _HL7_CODES
    return is_named and isinstance(value, str) and _CODE.fullmatch(value) is not None


def _shape(text: str) -> str:
    kinds = ((r"\d{4}-\d{2}-\d{2}", "date"), (r"\d{4}-\d{2}-\d{2}T.*", "time"), (r"\d{8}(\d{4,6})?.*", "digits"))
    for pattern, name in kinds:
        if re.fullmatch(pattern, text):
            return f"<{name}>"
    return f"<text of {len(text)} characters>" if text else ""
