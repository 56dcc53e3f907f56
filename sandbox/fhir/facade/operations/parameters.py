"""Parameters of an operation, by its OperationDefinition: names, cardinalities, types.

Source: https://hl7.org/fhir/STU3/parameters.html ; the definitions contain PKB's limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from starlette.responses import Response

from sandbox.errors import Invalid, Unreadable
from sandbox.fhir.base.body import read_object
from sandbox.fhir.base.query_string import read_query
from sandbox.fhir.base.responses import fhir_response
from sandbox.fhir.rendered.invocation import Invocation
from sandbox.fhir.rendered.query.controls import shape_of
from sandbox.fhir.rendered.read import check_parameters

Json = dict[str, Any]
ValuesByName = dict[str, list[Any]]
Types = Mapping[str, tuple[str, ...]]
RESOURCE_KEYS = frozenset({"resourceType", "id", "meta", "implicitRules", "language", "parameter"})
PARAMETER_KEYS = frozenset({"name", "id", "extension", "modifierExtension"})

ELEMENTS: dict[str, dict[str, type]] = {
    "Identifier": {"use": str, "type": dict, "system": str, "value": str, "period": dict, "assigner": dict},
    "Reference": {"reference": str, "identifier": dict, "display": str},
}
"""Complex type → its elements and the JSON type of each; every type may also have `id` and `extension`."""


def read_parameters(invocation: Invocation, also: Types | None = None) -> ValuesByName:
    """Return the values of the body by parameter name, in the order sent; an omitted parameter has none.

    `also` adds types for a parameter. Raises WrongMediaType or Invalid.
    """
    check_parameters(invocation.call)
    rows = _rows(read_object(invocation.call, "Parameters"))
    expected = {row["name"]: row for row in invocation.definition.get("parameter", []) if row["use"] == "in"}
    rows_by_name: ValuesByName = {name: [] for name in expected}
    for row in rows:
        if row["name"] not in expected:
            raise _bad(f"{row['name']}: {invocation.operation.name} does not define this parameter")
        rows_by_name[row["name"]].append(row)
    for name, parameter in expected.items():
        _check_count(name, len(rows_by_name[name]), parameter)
    return {
        name: [_value(row, (expected[name]["type"], *(also or {}).get(name, ()))) for row in entries]
        for name, entries in rows_by_name.items()
    }


def check_no_parameters(invocation: Invocation) -> None:
    """Check a call without parameters: no body, or a body without parameters. Raises as `read_parameters` does."""
    check_parameters(invocation.call)
    if invocation.call.body.strip() and _rows(read_object(invocation.call, "Parameters")):
        raise _bad(f"{invocation.operation.name} does not accept parameters from this caller")


def respond_with_parts(invocation: Invocation, name: str, rows: Iterable[Mapping[str, Any]]) -> Response:
    """Build the response: one parameter `name` for each row, with its parts in the order and types of the
    definition.
    """
    parts = parts_of(invocation.definition, name)
    entries: list[Json] = [
        {"name": name, "part": [_typed(part, row[part["name"]]) for part in parts if part["name"] in row]}
        for row in rows
    ]
    return respond(invocation, entries)


def respond_with_values(invocation: Invocation, name: str, values: Iterable[Any]) -> Response:
    """Build the response: one parameter `name` for each value."""
    return respond(invocation, [_typed(_out(invocation.definition, name), value) for value in values])


def respond(invocation: Invocation, parameters: list[Json]) -> Response:
    """Return a Parameters resource; without `parameter` if there are none, because FHIR does not allow empty lists."""
    resource: Json = {"resourceType": "Parameters", **({"parameter": parameters} if parameters else {})}
    shape = shape_of(read_query(invocation.call.request.url.query))
    return fhir_response(invocation.call, shape.of("stu3", resource) if shape else resource)


def missing_parameter(name: str) -> Invalid:
    """Build the refusal of a request without a parameter."""
    return Invalid(f"{name} is missing", code="required", where=name, rule="operations.required")


def parts_of(definition: Json, name: str) -> list[Json]:
    parts: list[Json] = _out(definition, name)["part"]
    return parts


def _out(definition: Json, name: str) -> Json:
    parameter: Json = next(row for row in definition["parameter"] if (row["use"], row["name"]) == ("out", name))
    return parameter


def _typed(row: Json, value: Any) -> Json:
    return {"name": row["name"], _key(row["type"]): value}


@cache
def _key(type_: str) -> str:
    """Return the element for a value of a type: `valueIdentifier`."""
    return f"value{type_[0].upper()}{type_[1:]}"


def _rows(resource: Json) -> list[Json]:
    if resource.get("resourceType") != "Parameters":
        raise _unreadable(f"The body must be a Parameters resource, not {resource.get('resourceType')!r}")
    unknown = sorted(set(resource) - RESOURCE_KEYS)
    if unknown:
        raise _unreadable(f"Parameters contains an unknown element {unknown[0]!r}")
    rows = resource.get("parameter", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _unreadable("Parameters.parameter must be a list of objects")
    if not all(isinstance(row.get("name"), str) and row["name"] for row in rows):
        raise _unreadable("Parameters.parameter.name must be text in every entry")
    return rows


def _check_count(name: str, count: int, row: Json) -> None:
    # The maximum is a text in an OperationDefinition, because it can be `*`.
    if row["max"] != "*" and count > int(row["max"]):
        text = f"{name}: at most {row['max']} may be given, {count} were"
        raise Invalid(text, code="too-costly", where=name, rule="operations.too-many", instead="several calls")
    if count < row["min"]:
        raise missing_parameter(name)


def _value(row: Json, types: tuple[str, ...]) -> Any:
    """Return the value of an entry, which must have exactly one, of one of the types."""
    keys = sorted(set(row) - PARAMETER_KEYS)
    type_ = next((allowed_type for allowed_type in types if keys == [_key(allowed_type)]), None)
    if type_ is None:
        wanted = " or ".join(_key(allowed_type) for allowed_type in types)
        raise _bad(f"{row['name']}: must have only {wanted}, not {', '.join(keys) or 'nothing'}")
    value = row[_key(type_)]
    if type_ not in ELEMENTS:
        if not isinstance(value, str) or not value:
            raise _bad(f"{row['name']}: {_key(type_)} must be text")
        return value
    if not isinstance(value, dict):
        raise _bad(f"{row['name']}: {_key(type_)} must be an object")
    _check_elements(f"{row['name']}: {type_}", value, type_)
    return value


def _check_elements(where: str, value: Json, type_: str) -> None:
    for key, part in value.items():
        expected = ELEMENTS[type_].get(key.removeprefix("_"))
        # Every FHIR type may have these; their content is not checked.
        if key in ("id", "extension"):
            continue
        if expected is None:
            raise _bad(f"{where} contains an unknown element {key!r}")
        if not isinstance(part, dict if key.startswith("_") else expected):
            raise _bad(f"{where}.{key} must be {'text' if expected is str else 'an object'}")
    if type_ == "Reference" and "identifier" in value:
        _check_elements(f"{where}.identifier", value["identifier"], "Identifier")


def _unreadable(text: str) -> Unreadable:
    return Unreadable(text, code="structure", rule="fhir.body-structure")


def _bad(text: str) -> Invalid:
    return Invalid(text, code="invalid", rule="operations.parameters")
