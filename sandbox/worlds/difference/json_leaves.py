"""A FHIR resource taken apart: each element that has no parts, by its path, as `Observation.code.coding[0].code`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

QUIET = ("meta.versionId", "meta.lastUpdated")
"""Elements that every new version changes."""
_POSITION = re.compile(r"\[\d+\]")


def leaves(text: str) -> dict[str, Any]:
    """The elements of a resource's JSON; decimals as text, to the digits that were sent. Empty for no text."""
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
    """The path without positions: the element that FHIR defines."""
    return _POSITION.sub("", path)
