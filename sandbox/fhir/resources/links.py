"""References inside a transaction: references to another entry's `fullUrl` are replaced by references to its
resource.

Source: https://hl7.org/fhir/R4/http.html#trules : references, elements of type uri and url, and the links and images
of a narrative; elements of type canonical stay. The type of an element decides, not its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sandbox.fhir.base.structure import FhirElement, Structure, common_structure, structure_of

REFERENCE, NARRATIVE = "Reference", "xhtml"
LINKED = frozenset({REFERENCE, "uri", "url"})
_UNDESCRIBED = re.compile(r"(?P<reference>reference)|.*(?:[uU]r[il])")
"""The names of references, uris and urls in the few types without a model."""

_IN_TEXT = re.compile(r"""((?:href|src)\s*=\s*["'])([^"']+)(["'])""")
_CONDITIONAL = re.compile(r"[A-Z][A-Za-z]*\?.+", re.DOTALL)
Change = Callable[[str, str], str]
"""Maps the kind of an element (its primitive type, or Reference) and its text to the new text."""


def relinked(release: str, resource: Any, links: Mapping[str, str], base: str = "") -> Any:
    """Copy a resource with each link replaced by `links`; the same object if nothing changes.

    `base` is the base of relative references: the URL before `Type/id` in the entry's own `fullUrl`.
    """

    def change(kind: str, text: str) -> str:
        if kind == NARRATIVE:
            return _IN_TEXT.sub(lambda link: link[1] + links.get(link[2], link[2]) + link[3], text)
        return _target(text, links, base) if kind in LINKED else text

    return _with_changed_links(release, resource, change)


def conditional(release: str, resource: Any, mounts: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Return the references of a resource that are searches, `Type?criteria`: each as sent, and without the mount."""
    if not _has_query(resource):
        return
    queries: dict[str, str] = {}

    def collect(kind: str, text: str) -> str:
        if kind == REFERENCE and "?" in text:
            mount = next((mount for mount in mounts if text.startswith(f"{mount}/")), "")
            query = text.removeprefix(mount).lstrip("/") if mount else text
            if _CONDITIONAL.fullmatch(query):
                queries[text] = query
        return text

    _with_changed_links(release, resource, collect)
    yield from queries.items()


def _has_query(node: Any) -> bool:
    """Return whether any member named reference has a question mark: most resources need no closer check."""
    if isinstance(node, list):
        return any(_has_query(member) for member in node if isinstance(member, (dict, list)))
    if not isinstance(node, dict):
        return False
    reference = node.get("reference")
    if isinstance(reference, str) and "?" in reference:
        return True
    return any(_has_query(member) for member in node.values() if isinstance(member, (dict, list)))


def _target(text: str, links: Mapping[str, str], base: str) -> str:
    """Return the new target of a reference; its fragment stays."""
    if text in links:
        return links[text]
    address, hash_, fragment = text.partition("#")
    target = links.get(address) or (links.get(f"{base}{address}") if base and address else None)
    return text if target is None else f"{target}{hash_}{fragment}"


def _with_changed_links(release: str, resource: Any, change: Change) -> Any:
    if not isinstance(resource, dict):
        return resource
    try:
        structure = structure_of(release, str(resource.get("resourceType"))) or common_structure(release)
    except KeyError:
        structure = None
    return _members(release, resource, structure, change)


def _members(release: str, node: Any, structure: Structure | None, change: Change) -> Any:
    if not isinstance(node, dict):
        return node
    copy = {}
    for name, value in node.items():
        element = structure.elements.get(name) if structure is not None else None
        copy[name] = _value(release, name, value, structure, element, change)
    # The same object if nothing changed, so that callers can tell by identity.
    return copy if any(copy[name] is not node[name] for name in node) else node


def _value(
    release: str, name: str, value: Any, structure: Structure | None, element: FhirElement | None, change: Change
) -> Any:
    if isinstance(value, list):
        members = [_value(release, name, member, structure, element, change) for member in value]
        return members if any(new is not old for new, old in zip(members, value, strict=True)) else value
    if isinstance(value, str):
        return change(_kind(name, structure, element), value)
    if element is not None and element.resource:
        return _with_changed_links(release, value, change)
    return _members(release, value, element.structure() if element and element.structure else None, change)


def _kind(name: str, structure: Structure | None, element: FhirElement | None) -> str:
    """Return the kind of a text; without a model, by its name."""
    if structure is not None and structure.name == REFERENCE and name == "reference":
        return REFERENCE
    if element is not None:
        return element.primitive
    described = _UNDESCRIBED.fullmatch(name)
    return "" if described is None else REFERENCE if described["reference"] else "uri"
