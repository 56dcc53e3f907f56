"""The elements of a FHIR type, from the models of fhir.resources or, for types that R4B lacks, from a table.

R4 types come from the R4B models; `r4_only.toml` lists the elements of the R4 types that R4B dropped.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args

from sandbox.base import datafiles
from sandbox.errors import NotFound
from sandbox.fhir.base import releases
from sandbox.fhir.base.structure import PRIMITIVES


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedElement:
    """One element of a type. `type` is a FHIR type, or the name of a backbone element such as `PatientContact`.

    `choice` is the group of a choice (`value` of `valueQuantity`); `required` of a choice requires one of its group.
    """

    name: str
    type: str
    many: bool = False
    required: bool = False
    choice: str = ""
    codes: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


@cache
def resource_types(release: str) -> tuple[str, ...]:
    """Return all resource types of a release (`stu3`, `r4`), in alphabetical order."""
    return tuple(sorted(releases.release(release).types))


@cache
def elements(release: str, type_: str) -> tuple[GeneratedElement, ...]:
    """Return the elements of a resource type, data type or backbone element, in order. Raises NotFound."""
    if release == "r4" and type_ in _r4_only():
        return tuple(_listed(type_))
    try:
        model = importlib.import_module(releases.release(release).package).get_fhir_model_class(type_)
    except (KeyError, ValueError) as error:
        raise NotFound(f"no FHIR type {type_} in release {release}") from error
    return tuple(_modelled(model))


@cache
def has_model(release: str, type_: str) -> bool:
    """Return whether fhir.resources has a model of a resource type: all but the R4 types that R4B lacks or has
    changed.
    """
    return type_ not in releases.release(release).unmodelled


def _modelled(model: Any) -> Iterator[GeneratedElement]:
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    order = {name: position for position, name in enumerate(model.elements_sequence())}
    for name in sorted(fields, key=lambda key: order.get(key, -1)):
        facts = fields[name].json_schema_extra or {}
        if facts.get("element_property"):
            yield _element(name, fields[name], facts)


def _element(name: str, field: Any, facts: dict[str, Any]) -> GeneratedElement:
    return GeneratedElement(
        name=name,
        type=_type(field.annotation),
        many="List[" in str(field.annotation),
        required=bool(field.is_required() or facts.get("element_required") or facts.get("one_of_many_required")),
        choice=facts.get("one_of_many", ""),
        codes=tuple(code for code in facts.get("enum_values", ()) if code != "+"),
        targets=tuple(facts.get("enum_reference_types", ())),
    )


def _type(annotation: Any) -> str:
    """Return the FHIR type inside Optional, List and Annotated."""
    for part in _parts(annotation):
        name = part.__name__ if isinstance(part, type) else type(part).__name__
        if hasattr(part, "get_model_klass"):
            return name.removesuffix("Type")
        if name in PRIMITIVES:
            return PRIMITIVES[name]
    raise TypeError(f"no FHIR type in {annotation}")


def _parts(annotation: Any) -> Iterator[Any]:
    """Iterate over the parts of an annotation, the metadata of Annotated before its Python type."""
    inner = get_args(annotation)
    for part in sorted(inner, key=lambda argument: isinstance(argument, type)):
        yield from _parts(part)
    if not inner:
        yield annotation


@cache
def _r4_only() -> dict[str, dict[str, str]]:
    return datafiles.read_toml(datafiles.beside_code("synthetic/fhir/r4_only.toml"))


def _listed(type_: str) -> Iterator[GeneratedElement]:
    """Parse a table row: `"Reference! Organization Patient"`, with `*` for many and `!` for required."""
    common = _r4_only()["DomainResource"] if type_ in resource_types("r4") else {}
    for name, text in {**common, **_r4_only()[type_]}.items():
        kind, *targets = text.split()
        yield GeneratedElement(
            name=name,
            type=kind.rstrip("*!"),
            many="*" in kind,
            required="!" in kind,
            targets=tuple(targets),
        )
