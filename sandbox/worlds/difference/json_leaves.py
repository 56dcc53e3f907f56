"""The leaves of a FHIR resource: each element without parts, by its path, such as `Observation.code.coding[0].code`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

QUIET = ("meta.versionId", "meta.lastUpdated")
"""Elements that change with every new version, and say nothing about its content."""
_POSITION = re.compile(r"\[\d+\]")


def leaves(text: str) -> dict[str, Any]:
    """Return the leaves of a resource's JSON; decimals as text with all digits. Empty for an empty text."""
    # As text, because 1.0 and 1.00 differ in FHIR: the precision of a decimal is part of its value.
    resource = json.loads(text, parse_float=str) if text else {}
    type_ = resource.pop("resourceType", "")
    return {path: value for path, value in _below(resource, type_) if path.partition(".")[2] not in QUIET}


def _below(value: Any, at: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _below(part, f"{at}.{name}")
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _below(item, f"{at}[{position}]")
    else:
        yield at, value


def element(path: str) -> str:
    """Return the path without positions: the element that FHIR defines."""
    return _POSITION.sub("", path)
