"""An id and an extension may stand beside every primitive of every type, with a value or without one.

https://hl7.org/fhir/R4/json.html#primitive
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.fhir.base.json import parse, render
from sandbox.fhir.base.releases import release
from sandbox.fhir.base.structure import Structure, structure_of
from sandbox.fhir.base.validation import InvalidResource, check_structure
from sandbox.fhir.base.xml import from_xml, to_xml
from sandbox.synthetic.fhir import instance

Json = dict[str, Any]
BESIDE = {"id": "p", "extension": [{"url": "http://pkb.test/why", "valueCode": "unknown", "_valueCode": {"id": "v"}}]}
MODELLED = [
    (name, type_) for name in ("stu3", "r4") for type_ in sorted(release(name).types - release(name).unmodelled)
]
ATTRIBUTES = ("id", "url")
"""Attributes in XML: nothing stands beside them. (`url` is one of Extension alone.)"""

VALUES = {
    "base64Binary": "TQ==",
    "boolean": False,
    "decimal": 1.5,
    "integer": 1,
    "positiveInt": 1,
    "unsignedInt": 0,
    "date": "2020-01-01",
    "dateTime": "2020-01-01",
    "instant": "2020-01-01T00:00:00Z",
    "oid": "urn:oid:1.2",
    "time": "10:00:00",
    "uuid": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
}
"""Data type → a value; every other one takes `x`."""


def primitives(structure: Structure) -> Iterator[tuple[str, str, bool]]:
    """Name, data type and cardinality of each primitive that something may stand beside."""
    for name, element in structure.elements.items():
        bare = name == "id" or (structure.name == "Extension" and name in ATTRIBUTES)
        if element.primitive and element.primitive != "xhtml" and not name.startswith("_") and not bare:
            yield name, element.primitive, element.many


def extended(node: Json, structure: Structure, with_values: bool) -> Json:
    """A copy with something beside each primitive in it."""
    kinds = {primitive: many for primitive, _, many in primitives(structure)}
    copy: Json = {}
    for key, value in node.items():
        element = structure.elements.get(key)
        if key in kinds:
            copy[f"_{key}"] = [BESIDE for _ in value] if kinds[key] else BESIDE
            if with_values:
                copy[key] = value
            elif kinds[key]:
                copy[key] = [None for _ in value]
        elif element is not None and element.structure is not None and not key.startswith("_"):
            inner = element.structure()
            many = isinstance(value, list)
            changed = [extended(member, inner, with_values) for member in (value if many else [value])]
            copy[key] = changed if many else changed[0]
        elif not key.startswith("_"):
            copy[key] = value
    return copy


@pytest.mark.parametrize(("name", "type_"), MODELLED)
def test_every_primitive_of_a_resource_may_have_extensions(name: str, type_: str):
    structure, example = structure_of(name, type_), instance(name, type_, seed=3)
    assert structure is not None
    for with_values in (True, False):
        resource = parse(render(extended(example, structure, with_values)).encode())
        check_structure(name, resource)
        assert from_xml(name, to_xml(name, resource)) == resource


def extension_structure(name: str) -> Structure:
    patient = structure_of(name, "Patient")
    assert patient is not None
    extension = patient.elements["extension"].structure
    assert extension is not None
    return extension()


EXTENSION_VALUES = [
    (name, value, kind)
    for name in ("stu3", "r4")
    for value, kind, _ in primitives(extension_structure(name))
    if value.startswith("value")
]


@pytest.mark.parametrize(("name", "value", "kind"), EXTENSION_VALUES)
@pytest.mark.parametrize("with_value", [True, False], ids=["with its value", "without a value"])
def test_each_value_of_an_extension_may_have_extensions(name: str, value: str, kind: str, with_value: bool):
    extension: Json = {"url": "http://pkb.test/x", f"_{value}": BESIDE}
    if with_value:
        extension[value] = VALUES.get(kind, "x")
    resource = parse(render({"resourceType": "Patient", "id": "1", "extension": [extension]}).encode())
    check_structure(name, resource)
    assert from_xml(name, to_xml(name, resource)) == resource


@pytest.mark.parametrize("name", ["stu3", "r4"])
def test_a_narrative_has_no_extensions(name: str):
    text = {"status": "generated", "_div": {"id": "p"}}
    with pytest.raises(InvalidResource) as refusal:
        check_structure(name, {"resourceType": "Patient", "text": text})
    (issue,) = refusal.value.issues
    assert (issue.expression, issue.diagnostics) == ("Patient.text._div", "extra property")


def test_there_is_a_value_of_every_primitive_type():
    assert {kind for name, _, kind in EXTENSION_VALUES if name == "stu3"} >= {"base64Binary", "oid", "time", "instant"}
    assert {kind for name, _, kind in EXTENSION_VALUES if name == "r4"} >= {"canonical", "url", "uuid"}
