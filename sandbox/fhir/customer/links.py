"""References inside a transaction: what points to another entry's `fullUrl` is made to point to its resource.

Source: https://hl7.org/fhir/R4/http.html#trules : references, elements of type uri and url, and the links and images of
a narrative.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_NAMES = re.compile(r"reference|.*(?:[uU]r[il]|Canonical)")
_IN_TEXT = re.compile(r"""((?:href|src)\s*=\s*["'])([^"']+)(["'])""")


def relinked(resource: Any, links: Mapping[str, str], name: str = "") -> Any:
    """A copy of a resource in which each `fullUrl` of another is `Type/id`; the same object where nothing changes."""
    if isinstance(resource, dict):
        changed = {key: relinked(value, links, key) for key, value in resource.items()}
        return changed if any(changed[key] is not resource[key] for key in resource) else resource
    if isinstance(resource, list):
        members = [relinked(one, links, name) for one in resource]
        return members if any(new is not old for new, old in zip(members, resource, strict=True)) else resource
    if not isinstance(resource, str):
        return resource
    if name == "div":
        return _IN_TEXT.sub(lambda found: found[1] + links.get(found[2], found[2]) + found[3], resource)
    return _target(resource, links) if _NAMES.fullmatch(name) else resource


def _target(text: str, links: Mapping[str, str]) -> str:
    """Where a reference leads now; a fragment behind it stays."""
    address, hash_, fragment = text.partition("#")
    found = links.get(address)
    return text if found is None else f"{found}{hash_}{fragment}"
