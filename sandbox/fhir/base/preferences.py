"""The header `Prefer` (RFC 7240): `return` and `handling`, as tokens or quoted (https://hl7.org/fhir/R4/http.html#ops)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sandbox.base.short_cache import short_cache

_PREFERENCE = re.compile(
    r'(?:^|[,;])\s*(?P<name>[^\s=,;"]+)\s*'
    r'(?:=\s*(?:(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<token>[^\s,;"]+))\s*)?)?(?=[,;]|$)'
)
RETURNS = ("minimal", "representation", "operationoutcome")


def preferred_return(headers: Mapping[str, str]) -> str:
    """Return what a write should return: `minimal`, `operationoutcome`, or else `representation`."""
    kind = preferences(headers.get("prefer", "")).get("return", "").lower()
    return kind if kind in RETURNS else "representation"


def is_strict(headers: Mapping[str, str]) -> bool:
    """Return whether unknown parameters should be refused."""
    return preferences(headers.get("prefer", "")).get("handling", "").lower() == "strict"


@short_cache(1000)
def preferences(header: str) -> Mapping[str, str]:
    """Parse preferences. The first of a name counts, and invalid ones are ignored (section 2).

    Clients write semicolons where the section requires commas, so a parameter counts as a preference of its own.
    """
    values: dict[str, str] = {}
    for preference in _PREFERENCE.finditer(header):
        quoted = preference["quoted"]
        value = preference["token"] or "" if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        values.setdefault(preference["name"].lower(), value)
    return values
