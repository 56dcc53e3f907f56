"""References within a resource: what may stand in them, which resources they lead to, and their rewriting.

Source: *Customer Interface Requirements*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/5002330131
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

Json = dict[str, Any]

_STORED = re.compile(r"(?:https?://[^?#\s]*/)?(?P<relative>[A-Z][A-Za-z]*/[A-Za-z0-9\-.]{1,64})(?:/_history/[^/\s]*)?")
_ANSWERED = re.compile(r"Questionnaire/[A-Za-z0-9\-.]{1,64}")
"""A QuestionnaireResponse's link to a stored Questionnaire, which in R4 is no Reference."""

_PARTS = frozenset({"type", "identifier", "display", "id", "extension"})
IDENTIFIERS = frozenset({"accessionIdentifier", "groupIdentifier", "identifier", "masterIdentifier", "requisition"})
"""The elements that hold identifiers, `valueIdentifier` of extensions aside."""


class Unaggregated(Exception):
    """A resource that the aggregation skips; the text says why, in words for its sender."""


def objects(resource: Json) -> Iterator[tuple[str, Json]]:
    """Every object in a resource with the name of the element that it stands in; the resource itself is not one."""
    for name, value in resource.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                yield name, one
                yield from objects(one)


def relative(reference: str) -> str:
    """`Type/id` of a reference to a stored resource; the server's part and a version go. Raises Unaggregated."""
    found = _STORED.fullmatch(reference)
    if found is None:
        where = "a contained resource" if reference.startswith("#") else "no stored resource"
        raise Unaggregated(f"reference {reference} leads to {where}")
    return found["relative"]


def referred(resource: Json) -> tuple[str, ...]:
    """Where the references lead, `Type/id`, each once. Raises Unaggregated for one that leads to nothing stored."""
    found = {relative(one["reference"]): None for _, one in objects(resource) if isinstance(one.get("reference"), str)}
    answered = resource.get("questionnaire")
    if isinstance(answered, str) and _ANSWERED.fullmatch(answered):
        found[answered] = None
    return tuple(found)


def check_references(resource: Json) -> None:
    """Raises Unaggregated for a reference that names its target by an identifier only."""
    for name, one in objects(resource):
        if isinstance(one.get("identifier"), dict) and one.keys() <= _PARTS:
            raise Unaggregated(f"{name} names its target by an identifier only")


def check_identifiers(resource: Json) -> None:
    """Raises Unaggregated for an identifier, anywhere, that lacks its system or its value."""
    own = [("identifier", one) for one in _listed(resource.get("identifier")) if isinstance(one, dict)]
    for name, one in (*own, *objects(resource)):
        if (name in IDENTIFIERS or name == "valueIdentifier") and not (one.get("system") and one.get("value")):
            raise Unaggregated(f"{name} lacks its system or its value")


def at_path(resource: Json, path: str) -> list[str]:
    """The references that stand at a path of elements, as they are."""
    found: list[Any] = [resource]
    for name in path.split("."):
        found = [one for value in found if isinstance(value, dict) for one in _listed(value.get(name))]
    return [one["reference"] for one in found if isinstance(one, dict) and isinstance(one.get("reference"), str)]


def rewritten(value: Any, target: Callable[[str], str]) -> Any:
    """A copy with every reference rewritten by a function of `Type/id`."""
    if isinstance(value, list):
        return [rewritten(one, target) for one in value]
    if not isinstance(value, dict):
        return value
    copy = {name: rewritten(one, target) for name, one in value.items()}
    if isinstance(copy.get("reference"), str) and not copy["reference"].startswith("#"):
        copy["reference"] = target(relative(copy["reference"]))
    answered = copy.get("questionnaire")
    if isinstance(answered, str) and _ANSWERED.fullmatch(answered):
        copy["questionnaire"] = target(answered)
    return copy


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
