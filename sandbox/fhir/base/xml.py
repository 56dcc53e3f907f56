"""Resources as XML, by the structure of each type in `fhir.resources` (https://hl7.org/fhir/R4/xml.html).

Numbers and times keep their characters. A document with a DTD is refused, so there are no entities and no external
content.
"""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element as Node

from defusedxml.common import DefusedXmlException

from sandbox.errors import NotAcceptable, Unreadable, WrongMediaType
from sandbox.fhir.base.json import DEEPEST, Number, check_bounds
from sandbox.fhir.base.releases import release
from sandbox.fhir.base.structure import FhirElement, Structure, structure_of
from sandbox.fhir.base.validation import InvalidResource, Issue
from sandbox.http.xml_tree import TooDeep, read_tree

Json = dict[str, Any]
FHIR, XHTML = "http://hl7.org/fhir", "http://www.w3.org/1999/xhtml"
PIECE = 64 * 1024
"""Bytes of a document that are parsed at once."""

ATTRIBUTES = {"Extension": ("id", "url")}
"""Type → its elements that are attributes in XML; `id` is one in every type that is not a resource."""

# At most 18 digits: longer ones stay a text, which validation refuses, and are never converted.
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_NO_CHARACTER = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_xml(release_name: str, resource: Json, pretty: bool = False) -> bytes:
    """Write the document. Raises NotAcceptable for a type without a model, or a text with a character that XML
    forbids.
    """
    root = _resource(release_name, resource)
    root.set("xmlns", FHIR)
    if pretty:
        ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    if _NO_CHARACTER.search(text):
        raise NotAcceptable("The resource contains characters that XML does not allow", rule="customer.xml")
    return f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode()


def _resource(release_name: str, resource: Json) -> Node:
    type_ = resource["resourceType"]
    structure = structure_of(release_name, type_)
    if structure is None:
        raise NotAcceptable(f"{type_} is available only as JSON", rule="customer.xml")
    node = Node(type_)
    _write(release_name, structure, resource, node)
    return node


def _write(release_name: str, structure: Structure, content: Json, node: Node) -> None:
    for name, element in structure.elements.items():
        if name.startswith("_") or not (name in content or f"_{name}" in content):
            continue
        values, besides = content.get(name), content.get(f"_{name}")
        if name in _attributes(structure):
            node.set(name, str(values))
            continue
        if not (element.many or isinstance(values, list)):
            values, besides = [values], [besides]
        for number in range(max(len(values or ()), len(besides or ()))):
            value, beside = (_at(values, number), _at(besides, number))
            node.append(_element(release_name, element, value, beside))


def _attributes(structure: Structure) -> tuple[str, ...]:
    return () if structure.is_resource else ATTRIBUTES.get(structure.name, ("id",))


def _at(values: Any, number: int) -> Any:
    return values[number] if values and number < len(values) else None


def _element(release_name: str, element: FhirElement, value: Any, beside: Any) -> Node:
    if element.primitive == "xhtml":
        return _xhtml(value)
    node = Node(element.name)
    if element.resource:
        node.append(_resource(release_name, value))
    elif element.structure is not None:
        _write(release_name, element.structure(), value, node)
    else:
        if value is not None:
            node.set("value", _text(value))
        _write_beside(release_name, beside or {}, node)
    return node


def _write_beside(release_name: str, beside: Json, node: Node) -> None:
    """Write the id and the extensions of a primitive."""
    if "id" in beside:
        node.set("id", beside["id"])
    for extension in beside.get("extension", ()):
        child = Node("extension")
        _write(release_name, _extension(release_name), extension, child)
        node.append(child)


def _extension(release_name: str) -> Structure:
    # Extension is a data type, so only a resource that contains it leads to its structure.
    patient = structure_of(release_name, "Patient")
    structure = patient.elements["extension"].structure if patient else None
    assert structure is not None, "every release has Patient, and extensions"  # noqa: S101
    return structure()


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value.lexeme if isinstance(value, Number) else str(value)


def _xhtml(text: str) -> Node:
    """Write the narrative as it is; a text that is not XHTML becomes the text of a `div`."""
    try:
        div = _bare(read_tree((text,), DEEPEST))
    except (ElementTree.ParseError, DefusedXmlException, ValueError):
        div = Node("div")
        div.text = text
    div.set("xmlns", XHTML)
    return div


def _bare(node: Node) -> Node:
    """Copy a tree without namespaces, which the root declares once."""
    copy = Node(_local(node.tag), dict(node.attrib))
    copy.text, copy.tail = node.text, node.tail
    copy.extend([_bare(child) for child in node])
    return copy


def _local(tag: Any) -> str:
    return str(tag).rpartition("}")[2]


def from_xml(release_name: str, body: bytes) -> Json:
    """Read the resource as JSON, not validated yet. Raises Unreadable, WrongMediaType."""
    try:
        root = _tree(body)
    except DefusedXmlException as error:
        raise Unreadable("The body has a document type declaration", rule="customer.xml") from error
    except TooDeep as error:
        if error.tag.startswith(f"{{{XHTML}}}"):
            raise _narrative_too_deep() from error
        raise Unreadable(f"The body has more than {DEEPEST} levels", rule="customer.xml") from error
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise Unreadable(f"The body is not XML: {error}", rule="customer.xml") from error
    resource = _read_resource(release_name, root, 0)
    check_bounds(resource)
    return resource


def _tree(body: bytes) -> Node:
    """Parse the document in pieces, between which other threads run."""
    pieces = (body[start : start + PIECE] for start in range(0, len(body), PIECE))
    # Those of a narrative are counted apart, in the resource that contains it.
    return read_tree(pieces, 2 * DEEPEST + 1)


def _read_resource(release_name: str, node: Node, depth: int) -> Json:
    type_ = _local(node.tag)
    if node.tag != f"{{{FHIR}}}{type_}" or type_ not in release(release_name).types:
        raise Unreadable(f"{_local(node.tag)} is not a resource in the namespace {FHIR}", rule="customer.xml")
    structure = structure_of(release_name, type_)
    if structure is None:
        raise WrongMediaType(f"{type_} is accepted only as JSON", rule="customer.xml")
    return {"resourceType": type_, **_read(release_name, structure, node, depth + 1)}


def _read(release_name: str, structure: Structure, node: Node, depth: int) -> Json:
    if depth > DEEPEST:
        raise Unreadable(f"The body has more than {DEEPEST} levels", rule="customer.xml")
    # FHIR puts every value into an attribute: other text would be lost without notice.
    if (node.text or "").strip() or any((child.tail or "").strip() for child in node):
        raise Unreadable(f"{_local(node.tag)} contains text outside an attribute", rule="customer.xml")
    # Unknown attributes become members too, so that validation names them as it does in JSON.
    content: Json = {**node.attrib}
    children: dict[str, list[Node]] = {}
    for child in node:
        children.setdefault(_local(child.tag), []).append(child)
    for name, nodes in children.items():
        content.update(_read_element(release_name, structure.elements.get(name), name, nodes, depth))
    return content


def _read_element(release_name: str, element: FhirElement | None, name: str, nodes: list[Node], depth: int) -> Json:
    if element is None:
        return {name: nodes[0].get("value", "")}
    if element.primitive and element.primitive != "xhtml":
        values = [_value(element.primitive, child.get("value")) for child in nodes]
        besides = [_read_beside(release_name, child, depth) for child in nodes]
        # An element without value and children becomes an empty text, which validation refuses.
        values = ["" if value is None and not beside else value for value, beside in zip(values, besides, strict=True)]
        if element.many and any(besides):
            # https://hl7.org/fhir/R4/json.html#primitive: null fills both lists, so that their places correspond.
            return {name: values, f"_{name}": besides}
        pairs: Json = {name: values, f"_{name}": besides}
    else:
        pairs = {name: [_read_complex(release_name, element, child, depth) for child in nodes]}
    single = not element.many and len(nodes) == 1
    return {
        key: value[0] if single else value for key, value in pairs.items() if any(item is not None for item in value)
    }


def _read_complex(release_name: str, element: FhirElement, node: Node, depth: int) -> Any:
    if element.primitive == "xhtml":
        _check_narrative(node)
        bare = _bare(node)
        bare.tail = None
        bare.set("xmlns", XHTML)
        return ElementTree.tostring(bare, encoding="unicode")
    if element.resource:
        inner = list(node)
        if len(inner) != 1:
            raise Unreadable(f"{element.name} must contain exactly one resource", rule="customer.xml")
        return _read_resource(release_name, inner[0], depth + 1)
    assert element.structure is not None, "any other element has a structure"  # noqa: S101
    return _read(release_name, element.structure(), node, depth + 1)


def _check_narrative(node: Node) -> None:
    """Raise InvalidResource for a narrative with too many levels, as in JSON."""
    level, depth = [node], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise _narrative_too_deep()
        level = [child for parent in level for child in parent]


def _narrative_too_deep() -> InvalidResource:
    return InvalidResource((Issue("", f"a narrative has more than {DEEPEST} levels"),))


def _read_beside(release_name: str, node: Node, depth: int) -> Json | None:
    beside: Json = {name: value for name, value in node.attrib.items() if name != "value"}
    extensions = [_read(release_name, _extension(release_name), child, depth + 1) for child in node]
    return {**beside, **({"extension": extensions} if extensions else {})} or None


def _value(primitive: str, text: str | None) -> Any:
    """Convert an attribute to JSON; a value of the wrong type stays a text, which validation refuses."""
    if text is None:
        return None
    if primitive == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if primitive in ("integer", "positiveInt", "unsignedInt"):
        return int(text) if _WHOLE.fullmatch(text) else text
    if primitive == "decimal":
        return Number(text) if _NUMBER.fullmatch(text) else text
    return text
