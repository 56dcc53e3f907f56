"""The OpenAPI document of the control API, made from its table of operations and the schemas beside this file."""

from __future__ import annotations

import re
from typing import Any

from sandbox import __version__, datafiles

Json = dict[str, Any]
_PARAMETER = re.compile(r"\{(\w+)\}")


def document(server: str, operations: list[tuple[str, str, str]]) -> Json:
    """OpenAPI 3.1. `operations` are (method, path, summary); bodies and answers come from `schemas.json`."""
    schemas = datafiles.read_json(datafiles.beside_code("control/schemas.json"))
    paths: Json = {}
    for method, path, summary in operations:
        row = schemas["operations"].get(f"{method} {path}", {})
        paths.setdefault(path, {})[method.lower()] = _operation(method, path, summary, row)
    return {
        "openapi": "3.1.0",
        "info": {"title": "PKB Sandbox control API", "version": __version__},
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "schemas": schemas["schemas"],
            "securitySchemes": {"admin": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(method: str, path: str, summary: str, row: Json) -> Json:
    """One operation. Everything but health may need the admin token, so 401 is an answer of it."""
    guarded = not path.startswith("/health/")
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
        operation["requestBody"] = {"content": {"application/json": {"schema": row["body"]}}}
    if guarded:
        operation["security"] = [{}, {"admin": []}]
    return operation


def _parameter(name: str, place: str, schema: Json) -> Json:
    return {"name": name, "in": place, "required": place == "path", "schema": schema}


def _responses(summary: str, row: Json, guarded: bool) -> Json:
    status = row.get("status", "200")
    content = row.get("content", {"application/json": {"schema": row.get("answer", {"type": "object"})}})
    responses: Json = {status: {"description": summary} | ({} if status == "204" else {"content": content})}
    for other, description in row.get("also", {}).items():
        responses[other] = {"description": description, "content": content}
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for code in (*(("401",) if guarded else ()), *row.get("errors", ())):
        responses[code] = {"description": "Problem details", "content": problem}
    return responses
