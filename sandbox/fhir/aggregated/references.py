"""References within a resource: their allowed forms, their targets, and their rewriting.

Source: *Customer Interface Requirements*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/5002330131
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]
Elements = list[tuple[str, Json]]
"""Objects in a resource, with the names of their elements."""

_STORED = re.compile(r"(?:https?://[^?#\s]*/)?(?P<relative>[A-Z][A-Za-z]*/[A-Za-z0-9\-.]{1,64})(?:/_history/[^/\s]*)?")
_ANSWERED = re.compile(r"Questionnaire/[A-Za-z0-9\-.]{1,64}")
"""A QuestionnaireResponse's link to a stored Questionnaire, which in R4 is not a Reference."""

# The look back comes after the text that it repeats, because a pattern is found fast by the text with which it begins.
_REFERENCE = re.compile(r'"reference":"(?<=[{,]"reference":")([^"\\]*(?:\\.[^"\\]*)*)"')
_QUESTIONNAIRE = re.compile(r'"questionnaire":"(?<=[{,]"questionnaire":")(Questionnaire/[A-Za-z0-9\-.]{1,64})"')
"""Links in text without spaces. Within a string each quotation mark follows a backslash, so no string matches."""

_PARTS = frozenset({"type", "identifier", "display", "id", "extension"})
IDENTIFIERS = frozenset({"accessionIdentifier", "groupIdentifier", "identifier", "masterIdentifier", "requisition"})
"""The elements with identifiers, besides `valueIdentifier` of extensions."""


class Unaggregated(Exception):
    """A resource that aggregation skips; the text explains why to its sender."""


def objects(resource: Json) -> Elements:
    """Return every object in a resource with the name of its element, except the resource itself."""
    elements: Elements = []
    _collect(resource, elements)
    return elements


def _collect(resource: Json, elements: Elements) -> None:
    for name, value in resource.items():
        if isinstance(value, dict):
            elements.append((name, value))
            _collect(value, elements)
        elif isinstance(value, list):
            for child in value:
                if isinstance(child, dict):
                    elements.append((name, child))
                    _collect(child, elements)


def relative_reference(reference: str) -> str:
    """Return `Type/id` of a reference to a stored resource, without server and version. Raises Unaggregated."""
    match = _STORED.fullmatch(reference)
    if match is None:
        where = "a contained resource" if reference.startswith("#") else "a resource that is not stored"
        raise Unaggregated(f"reference {reference} refers to {where}")
    return match["relative"]


def referred_names(resource: Json, elements: Elements | None = None) -> tuple[str, ...]:
    """Return the targets of the references, `Type/id`, each once. `elements` are the objects in the resource, for a
    caller that has them. Raises Unaggregated for a target that cannot be stored.
    """
    references = {
        relative_reference(element["reference"]): None
        for _, element in (objects(resource) if elements is None else elements)
        if isinstance(element.get("reference"), str)
    }
    answered = resource.get("questionnaire")
    if isinstance(answered, str) and _ANSWERED.fullmatch(answered):
        references[answered] = None
    return tuple(references)


def check_references(elements: Elements) -> None:
    """Raise Unaggregated for a reference with only an identifier."""
    for name, element in elements:
        # JSON does not name the type of an element: a Reference is recognised by having no other keys.
        if isinstance(element.get("identifier"), dict) and element.keys() <= _PARTS:
            raise Unaggregated(f"reference {name} has only an identifier")


def check_identifiers(elements: Elements) -> None:
    """Raise Unaggregated for any identifier without a system or a value."""
    for name, element in elements:
        if (name in IDENTIFIERS or name == "valueIdentifier") and not (element.get("system") and element.get("value")):
            raise Unaggregated(f"{name} has no system or no value")


def at_path(resource: Json, path: str) -> list[str]:
    """Return the references at a path of elements, unchanged."""
    nodes: list[Any] = [resource]
    for name in path.split("."):
        nodes = [node for value in nodes if isinstance(value, dict) for node in _listed(value.get(name))]
    return [node["reference"] for node in nodes if isinstance(node, dict) and isinstance(node.get("reference"), str)]


def names_in(text: str) -> tuple[str, ...]:
    """Return the targets of the references in a resource's text, `Type/id`, each once. `render` has written the text,
    and `referred_names` has accepted its references.
    """
    references = [relative_reference(value) for value in _REFERENCE.findall(text) if not value.startswith("#")]
    return tuple(dict.fromkeys((*references, *_QUESTIONNAIRE.findall(text))))


def rewrite_references(text: str, target: Callable[[str], str]) -> str:
    """Return a resource's text with every reference rewritten by a function of `Type/id`. `render` has written it."""

    def rewritten(link: re.Match[str]) -> str:
        return link[0] if link[1].startswith("#") else f'"reference":"{target(relative_reference(link[1]))}"'

    # In the text: to copy the parsed resource takes ten times as long.
    text = _REFERENCE.sub(rewritten, text)
    return _QUESTIONNAIRE.sub(lambda link: f'"questionnaire":"{target(link[1])}"', text)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
