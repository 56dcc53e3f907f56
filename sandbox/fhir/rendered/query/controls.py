"""Parameters whose names begin with `_`: supported, searchable, or ignored.

HAPI's plain server ignores unknown ones, except a few search parameters of every resource
(https://github.com/hapifhir/hapi-fhir, `SearchMethodBinding`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sandbox.fhir.base.shaping import ResponseShape

Pairs = Sequence[tuple[str, str]]

OBEYED = frozenset(
    {"_bundletype", "_count", "_elements", "_format", "_getpages", "_getpagesoffset", "_pretty", "_summary"}
)
"""Parameters that shape a response or choose a page; they do not affect the matches."""

SEARCHED = frozenset({"_has", "_id", "_include", "_lastUpdated", "_revinclude"})
"""Search parameters of every resource: accepted only where the statement lists them, and refused elsewhere."""

_NAME_ENDS = re.compile(r"[:.]")


def is_obeyed(name: str) -> bool:
    return name in OBEYED


def is_ignored(name: str) -> bool:
    """Return whether a parameter is ignored, as HAPI does: it begins with `_`, and is none of those above."""
    return name.startswith("_") and name not in OBEYED and _NAME_ENDS.split(name)[0] not in SEARCHED


def first_value(pairs: Pairs, name: str) -> str | None:
    """Return the value of a parameter; if it is repeated, the first, as HAPI does."""
    return next((value for key, value in pairs if key == name), None)


def shape_of(pairs: Pairs) -> ResponseShape:
    """Return the parts of resources that `_summary` and `_elements` request; the latter may be repeated. Raises
    Invalid.
    """
    elements = ",".join(value for name, value in pairs if name == "_elements")
    return ResponseShape.asked_for(
        {"_summary": first_value(pairs, "_summary") or "false", "_elements": elements}, "facade.parameters"
    )


def describe_ignored(pairs: Pairs) -> list[str]:
    """Return a line for each ignored parameter, for the explanation."""
    return [f"Parameter {name} was ignored" for name in dict.fromkeys(name for name, _ in pairs) if is_ignored(name)]
