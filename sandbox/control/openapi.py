"""The OpenAPI document of the control API, generated from its table of operations and the schemas beside this file."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from sandbox import __version__
from sandbox.base import datafiles
from sandbox.http.control_operations import WORKSPACE
from sandbox.worlds.workspace import DEFAULT

Json = dict[str, Any]
RECORD = "/records/{patient}"
OF_RECORDS = {
    "organisation": {
        "type": "string",
        "minLength": 1,
        "description": "Id of the organisation that issued the local number in the URL.",
    }
}
"""Parameters of every call about a record, because a path may contain the number of an organisation."""
EXPORTS = ("/exchanges.har", "/exchanges.hl7")
"""Exports of the journal, with the journal's parameters."""
OF_EVERY_CALL = {
    WORKSPACE: {"type": "string", "default": DEFAULT, "description": "Name of the workspace that the call is about."}
}
"""The parameter of every call but health; an unknown workspace is 404."""
_PARAMETER = re.compile(r"\{(\w+)\}")


@cache
def schemas() -> Json:
    """The bodies, parameters and responses of the operations, and the schemas that they share."""
    rows: Json = datafiles.read_json(datafiles.beside_code("control/schemas.json"))
    return rows


def described(method: str, path: str) -> Json:
    """Return the row of an operation; empty if it takes no input and returns an unspecified object."""
    row: Json = schemas()["operations"].get(f"{method} {path}", {})
    if not is_guarded(path):
        return row
    if path in EXPORTS:
        filters = described("GET", "/exchanges")["query"]
        row = {**row, "query": {name: schema for name, schema in filters.items() if name != "wait"}}
    about_a_record = path.startswith(RECORD)
    query = {**row.get("query", {}), **(OF_RECORDS if about_a_record else {}), **OF_EVERY_CALL}
    errors = sorted({*row.get("errors", ()), "404", *(("409",) if about_a_record else ())})
    return {**row, "query": query, "errors": errors}


def is_guarded(path: str) -> bool:
    """Return whether an operation is protected by the control API's guard: all but health are."""
    return not path.startswith("/health/")


def document(server: str, operations: list[tuple[str, str, str]]) -> Json:
    """Build the document. `operations` are (method, path, summary); bodies and responses come from `schemas.json`."""
    paths: Json = {}
    for method, path, summary in operations:
        paths.setdefault(path, {})[method.lower()] = _operation(method, path, summary, described(method, path))
    return {
        "openapi": "3.1.0",
        "info": {"title": "PKB Sandbox control API", "version": __version__},
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "schemas": schemas()["schemas"],
            "securitySchemes": {"admin": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(method: str, path: str, summary: str, row: Json) -> Json:
    """Describe one operation. All but health may need the admin token (401) and refuse unknown input (400)."""
    guarded = is_guarded(path)
    operation: Json = {
        "summary": summary,
        "operationId": method.lower() + "_" + re.sub(r"[^a-z]+", "_", path.lower()).strip("_"),
        "responses": _responses(summary, row, guarded),
    }
    parameters = [_parameter(name, "path", {"type": "string"}) for name in _PARAMETER.findall(path)]
    parameters += [_parameter(name, "query", schema) for name, schema in row.get("query", {}).items()]
    if parameters:
        operation["parameters"] = parameters
    if "body" in row:
        content = {"application/json": {"schema": row["body"]}}
        operation["requestBody"] = {"required": _needs_keys(row["body"]), "content": content}
    if guarded:
        # The first, empty alternative: calls from this machine need no token.
        operation["security"] = [{}, {"admin": []}]
    return operation


def _needs_keys(schema: Json) -> bool:
    """Return whether a body must have keys. If not, it may be left out."""
    forms = schema.get("oneOf", ())
    return bool(schema.get("required")) or bool(forms and all(form.get("required") for form in forms))


def _parameter(name: str, place: str, schema: Json) -> Json:
    return {"name": name, "in": place, "required": place == "path", "schema": schema}


def _responses(summary: str, row: Json, guarded: bool) -> Json:
    status = row.get("status", "200")
    content = row.get("content", {"application/json": {"schema": row.get("answer", {"type": "object"})}})
    responses: Json = {status: {"description": summary} | ({} if status == "204" else {"content": content})}
    for other, description in row.get("also", {}).items():
        responses[other] = {"description": description, "content": content}
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for code in dict.fromkeys((*(("400", "401") if guarded else ()), *row.get("errors", ()))):
        responses[code] = {"description": "Problem details", "content": problem}
    return responses
