"""The structure of a FHIR type, from its model in `fhir.resources`: elements, cardinality, data types, choices."""

from __future__ import annotations

import importlib
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Any

from sandbox.fhir.base.releases import release

PRIMITIVES = {
    "Base64Binary": "base64Binary",
    "bool": "boolean",
    "bytes": "base64Binary",
    "Canonical": "canonical",
    "Code": "code",
    "Date": "date",
    "DateTime": "dateTime",
    "Decimal": "decimal",
    "EncodedBytes": "base64Binary",
    "Id": "id",
    "Instant": "instant",
    "Integer": "integer",
    "Integer64": "integer",
    "Markdown": "markdown",
    "Oid": "oid",
    "PositiveInt": "positiveInt",
    "String": "string",
    "Time": "time",
    "UnsignedInt": "unsignedInt",
    "Uri": "uri",
    "Url": "url",
    "UuidVersion": "uuid",
    "Xhtml": "xhtml",
}
"""A model's name of a primitive type, or of its constraint → FHIR's name of the type."""


ATTRIBUTES = frozenset({"id", "url"})
"""Elements of Extension that are attributes in XML: they can have no id or extension."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FhirElement:
    """An element of a type: a primitive, a resource of any type, or a complex type, whose `structure` is loaded on
    first use.
    """

    name: str
    many: bool
    primitive: str = ""
    resource: bool = False
    structure: Callable[[], Structure] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """A type: its elements by JSON name in the specification's order, and the required ones."""

    name: str
    elements: Mapping[str, FhirElement]
    required: tuple[str, ...]
    choices: Mapping[str, tuple[tuple[str, ...], bool]]
    summary: frozenset[str]

    @property
    def is_resource(self) -> bool:
        return "implicitRules" in self.elements


def structure_of(release_name: str, type_: str) -> Structure | None:
    """Return the structure of a resource type; None without a model. Raises KeyError for an unknown type."""
    model = release(release_name).model(type_)
    return None if model is None else _structure(model)


def common_structure(release_name: str) -> Structure:
    """Return the common structure of resources: id, meta, text, contained resources, extensions."""
    return _structure(release(release_name).common_model())


@cache
def _structure(model: Any) -> Structure:
    elements = {}
    required = [name for name, _ in model.get_required_fields(model)]
    for name, field in model.model_fields.items():
        alias = field.alias or name
        # Only the type's own name is left out: ExampleScenario.instance has a FHIR element resourceType.
        if (not field.json_schema_extra and alias == "resourceType") or alias == "fhir_comments":
            continue
        elements[alias] = _element(alias, field.annotation)
        if field.is_required():
            required.append(alias)
    elements = _with_what_stands_beside(model, elements)
    # XML needs the order of the specification; the ids and extensions of primitives come last.
    ordered = [name for name in model.elements_sequence() if name in elements]
    for name in [*ordered, *(name for name in elements if name.startswith("_"))]:
        elements[name] = elements.pop(name)
    return Structure(
        name=model.get_resource_type(),
        elements=elements,
        required=tuple(required),
        choices=_choices(model),
        summary=frozenset(model.summary_elements_sequence()),
    )


def _with_what_stands_beside(model: Any, elements: Mapping[str, FhirElement]) -> dict[str, FhirElement]:
    """Return the elements, with those for ids and extensions of primitives as the specification defines them.

    The models of `fhir.resources` leave them out of Extension, and give one to XHTML, which has neither.
    """
    complete = {name: element for name, element in elements.items() if not _of_xhtml(name, elements)}
    if model.get_resource_type() == "Extension":
        package = model.__module__.rpartition(".")[0]
        beside = importlib.import_module(f"{package}.fhirprimitiveextension").FHIRPrimitiveExtension
        primitives = [element.name for element in elements.values() if element.primitive]
        for name in (name for name in primitives if name not in ATTRIBUTES):
            complete[f"_{name}"] = FhirElement(name=f"_{name}", many=False, structure=lambda: _structure(beside))
    return complete


def _of_xhtml(name: str, elements: Mapping[str, FhirElement]) -> bool:
    return name.startswith("_") and elements[name[1:]].primitive == "xhtml"


def _choices(model: Any) -> dict[str, tuple[tuple[str, ...], bool]]:
    """Prefix of a choice → its alternatives, and whether one of them is required."""
    choices = {}
    for prefix, names in model.get_one_of_many_fields(model).items():
        rule = model.model_fields[names[0]].json_schema_extra
        choices[prefix] = tuple(names), rule.get("one_of_many_required") is True
    return choices


def _element(name: str, annotation: Any) -> FhirElement:
    bare, many = _unwrapped(annotation)
    constraint = next((PRIMITIVES[n] for n in _constraints(bare) if n in PRIMITIVES), "")
    if constraint:
        return FhirElement(name=name, many=many, primitive=constraint)
    if bare is bool:
        return FhirElement(name=name, many=many, primitive="boolean")
    if bare is str:
        return FhirElement(name=name, many=many, primitive="string")
    if bare.__name__ == "ResourceType":
        return FhirElement(name=name, many=many, resource=True)
    return FhirElement(name=name, many=many, structure=cache(lambda: _structure(bare.get_model_klass())))


def _unwrapped(annotation: Any) -> tuple[Any, bool]:
    """Return the type without `Optional` and `List`, and whether there was a list."""
    many = False
    while True:
        origin = typing.get_origin(annotation)
        if origin in (typing.Union, UnionType):
            annotation = next(argument for argument in typing.get_args(annotation) if argument is not type(None))
        elif origin is list:
            many, annotation = True, typing.get_args(annotation)[0]
        else:
            return annotation, many


def _constraints(annotation: Any) -> list[str]:
    """Return the names of the constraints on a type, the most specific first."""
    return [type(constraint).__name__ for constraint in reversed(getattr(annotation, "__metadata__", ()))]
