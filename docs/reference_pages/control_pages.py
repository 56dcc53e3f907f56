"""The page of the control API: every call with its parameters, body, answer and refusals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

from reference_pages.writing import Page, Section, capitalised, code, plain, table
from sandbox.assembly.control_calls import CONTROL
from sandbox.control.openapi import described, schemas
from sandbox.http.control_operations import ControlOperation

Json = dict[str, Any]
SHARED = ("workspace",)
"""Parameters that every call takes."""
SPLIT = ("records",)
"""Groups of calls with a page of their own."""
NAMES = {"hl7": "HL7", "openapi": "OpenAPI", "rest": "Custom REST"}
"""Group → its heading, where capitals do not suffice."""


def pages() -> Iterator[tuple[str, Page]]:
    """Yield file name → page."""
    groups: dict[str, list[ControlOperation]] = {}
    for operation in CONTROL:
        groups.setdefault(operation.path.split("/")[1].partition(".")[0], []).append(operation)
    opening = (
        "Every call of the sandbox's own API below `/_sandbox`, from the table that the server routes by. "
        "[Control API](../control.md) explains who may call it and how to use it. Every call but health takes "
        "`?workspace=<name>`; an unknown workspace is 404. An unknown key or parameter is 400. "
        "In a body `!` marks a required key. Calls about [records](control-records.md) have a page of their own."
    )
    sections = [_section(*group) for group in sorted(groups.items()) if group[0] not in SPLIT]
    yield "control.md", Page("Control API: calls", opening, sections)
    first = (
        "Calls that show a patient's record, and that do what people do in PKB's web pages. "
        "[Control API: calls](control.md) lists the others."
    )
    each = sorted(groups["records"], key=lambda row: (row.path, row.method))
    yield "control-records.md", Page("Control API: records", first, [Section("Records", _calls(each))])


def _section(name: str, listed: Iterable[ControlOperation]) -> Section:
    return Section(NAMES.get(name, capitalised(name)), _calls(listed))


def _calls(listed: Iterable[ControlOperation]) -> Iterator[str]:
    yield from table(("call", "what it does", "parameters and body", "answer"), map(_row, listed))


def _row(operation: ControlOperation) -> tuple[str, str, str, str]:
    row = described(operation.method, operation.path)
    parameters = [
        code(f"?{name}={_type(schema)}") for name, schema in row.get("query", {}).items() if name not in SHARED
    ]
    body = _keys(row["body"]) if "body" in row else ""
    return (
        code(f"{operation.method} {operation.path}"),
        plain(operation.summary),
        " ".join((*parameters, body)).strip(),
        _answer(operation, row),
    )


def _answer(operation: ControlOperation, row: Json) -> str:
    status = str(row.get("status", operation.status))
    types = [name for name in row.get("content", {}) if name != "application/json"]
    common = {"400"} if "{" in operation.path else {"400", "404"}
    others = [other for other in row.get("errors", ()) if other not in common]
    refusals = [f"{other} {HTTPStatus(int(other)).phrase.lower()}" for other in others]
    cells = code(", ".join(types)) if types else _keys(row.get("answer", {}), only_names=True)
    text = " ".join(filter(None, (status, cells)))
    return f"{text}; {', '.join(refusals)}" if refusals else text


def _keys(schema: Json, *, only_names: bool = False) -> str:
    """Show the keys of an object: `name!` is required."""
    schema = _resolved(schema)
    if "oneOf" in schema:
        return " or ".join(
            dict.fromkeys(filter(None, (_keys(form, only_names=only_names) for form in schema["oneOf"])))
        )
    if schema.get("type") == "array":
        return f"list of {_keys(schema.get('items', {}), only_names=only_names) or _type(schema.get('items', {}))}"
    required = schema.get("required", ())
    names = []
    properties = {name: each for name, each in schema.get("properties", {}).items() if each.get("type") != "null"}
    for name, each in properties.items():
        mark = "" if only_names or name not in required else "!"
        names.append(f'"{name}"{mark}' if only_names else f'"{name}"{mark}: {_type(each)}')
    return code(f"{{{', '.join(names)}}}") if names else ""


def _type(schema: Json) -> str:
    schema = _resolved(schema)
    if "const" in schema:
        return str(schema["const"])
    if "enum" in schema:
        return "|".join("null" if value is None else str(value) for value in schema["enum"])
    if "oneOf" in schema or "anyOf" in schema:
        return "|".join(dict.fromkeys(_type(form) for form in schema.get("oneOf", schema.get("anyOf", ()))))
    type_ = schema.get("type", "any")
    if type_ == "array":
        return f"[{_type(schema.get('items', {}))}]"
    return "|".join(type_) if isinstance(type_, list) else str(type_)


def _resolved(schema: Json) -> Json:
    reference = schema.get("$ref", "")
    resolved: Json = schemas()["schemas"][reference.rpartition("/")[2]] if reference else schema
    return resolved
