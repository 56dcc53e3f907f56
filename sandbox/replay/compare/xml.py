"""An XML body as the tree that the comparison walks: attributes as keys with an @, elements as lists."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException


def tree_of(body: bytes) -> Any:
    """Return a tree; None if the body is not XML, or has a document type."""
    try:
        root = ElementTree.fromstring(body)
    except (ParseError, DefusedXmlException, ValueError):
        return None
    # As in FHIR's JSON, so that the same rules and labels fit.
    return {"resourceType": _name(root), **_object(root)}


def _object(element: Element) -> dict[str, Any]:
    value: dict[str, Any] = {f"@{_local(name)}": text for name, text in element.attrib.items()}
    for child in element:
        # A primitive of FHIR's XML: its value stands in an attribute.
        if set(child.attrib) == {"value"} and len(child) == 0:
            value.setdefault(_name(child), []).append(child.attrib["value"])
        else:
            value.setdefault(_name(child), []).append(_object(child))
    if element.text and element.text.strip():
        value["text()"] = element.text.strip()
    return value


def _name(element: Element) -> str:
    return _local(str(element.tag))


def _local(name: str) -> str:
    return name.rpartition("}")[2]
