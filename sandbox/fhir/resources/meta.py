"""The `meta` of a stored resource: the server's values, and the sender's values that remain.

Sources: *Customer: Examples*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3416031282 , and FHIR FAQs,
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3918954514
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sandbox.fhir.base.json import render

Json = dict[str, Any]
CREATED_AT = "ex:createdAt"
VERSION_PERSISTED = "http://fhir.patientsknowbest.com/structuredefinition/version-persisted"
SERVER_KEPT = frozenset({"versionId", "lastUpdated", "_versionId", "_lastUpdated"})
SERVER_KEPT_EXTENSIONS = frozenset({CREATED_AT, VERSION_PERSISTED})
"""Elements that senders cannot set: they are removed without notice."""


def microseconds(at: datetime) -> str:
    """Format a time as this server does: UTC, always six decimals."""
    return f"{at.astimezone(UTC).isoformat(timespec='microseconds').removesuffix('+00:00')}Z"


def stamped(content: Json, id_: str, version: int, created: datetime, updated: datetime) -> Json:
    """Build a resource for storage: under its id, with the server's own `meta` beside the sender's."""
    sender_meta = _kept(content.get("meta"))
    extensions = [{"url": CREATED_AT, "valueInstant": microseconds(created)}, *sender_meta.pop("extension", ())]
    meta = {"versionId": str(version), "lastUpdated": microseconds(updated), "extension": extensions, **sender_meta}
    # Where nothing was sent, id and meta come first; otherwise the sender's order stays.
    first = {} if "meta" in content else {"resourceType": content["resourceType"], "id": id_, "meta": meta}
    return {**first, **content, "id": id_, "meta": meta}


def is_same_content(stored: Json, content: Json) -> bool:
    """Return whether a stored resource equals the sent one, apart from the server's values; each value to the
    character.
    """
    return _comparable(stored) == _comparable(content)


def unstamped(stored: Json) -> Json:
    """Return a stored resource without the server's values in its `meta`."""
    kept = _kept(stored.get("meta"))
    return {name: kept if name == "meta" else value for name, value in stored.items() if name != "meta" or kept}


def _comparable(resource: Json) -> str:
    bare = {name: value for name, value in unstamped(resource).items() if name != "id"}
    # As text: as numbers 1.0 and 1.00 would be equal, but the precision of a decimal is part of its value
    # (https://hl7.org/fhir/R4/datatypes.html#decimal).
    return render(_sorted(bare))


def _sorted(tree: Any) -> Any:
    """Normalise members by name, and lists without the trailing null that only fills them up."""
    if isinstance(tree, dict):
        members = {name: _sorted(tree[name]) for name in sorted(tree)}
        return {name: value for name, value in members.items() if value != [] or tree[name] == []}
    if not isinstance(tree, list):
        return tree
    last = next((number for number in range(len(tree), 0, -1) if tree[number - 1] is not None), 0)
    return [_sorted(item) for item in tree[:last]]


def _kept(meta: Json | None) -> Json:
    kept = {name: value for name, value in (meta or {}).items() if name not in SERVER_KEPT}
    extensions = [
        extension for extension in kept.pop("extension", ()) if extension.get("url") not in SERVER_KEPT_EXTENSIONS
    ]
    return {**kept, "extension": extensions} if extensions else kept
