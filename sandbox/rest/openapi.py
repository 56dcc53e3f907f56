"""The OpenAPI document of the Custom REST API, generated from the catalogue: OpenAPI 3.1, one server for each mount
point.

Source: *Custom REST API*, http://dev.patientsknowbest.com/home/rest-api
"""

from __future__ import annotations

import json
from functools import cache

from sandbox import __version__
from sandbox.base import datafiles
from sandbox.domain.data_points.measurement_types import Types, pkb_types
from sandbox.http.prefixes import REST
from sandbox.rest.catalogue import FILE, Parameter, RestOperation, operations
from sandbox.rest.dialect import statuses
from sandbox.rest.objects import Json, shapes
from sandbox.rest.sent_types import Words, parameter_schema, sent_schema

UNTYPED = ("text", "any_id")
ROLES = {
    "patient": "to a patient (PATIENT)",
    "clinician": "to a clinician (CLINICIAN)",
    "teamcoord": "to a team coordinator (TEAMCOORD)",
    "site": "to a client that is tethered to a team (SITE)",
    "public": "to anybody",
}
"""Role → the words for an answer to it."""
VARIABLE = "{{"
"""The prefix of an example that only a running server can fill in."""


def document(base_url: str, types: Types | None = None) -> Json:
    """Build the document for a server at a URL. `types` are the measurement types of a world; default: PKB's own."""
    words = (types or pkb_types()).by_word
    paths: Json = {}
    for operation in operations():
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, words)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Custom REST API of Patients Know Best, as PKB Sandbox implements it",
            "version": __version__,
            "description": "Generated from the sandbox's catalogue.",
        },
        "servers": [{"url": base_url + mount} for mount in REST],
        "paths": paths,
        "components": {
            "schemas": {
                name: sent_schema(shape, words) if shape.is_request else shape.schema()
                for name, shape in shapes().items()
            },
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(operation: RestOperation, words: Words) -> Json:
    described: Json = {
        "operationId": operation.id.removeprefix("rest."),
        "summary": operation.text,
        "externalDocs": {"url": operation.source} if operation.source.startswith("http") else None,
        "x-pkb-scopes": list(operation.scopes),
        "x-pkb-action": operation.action,
        "x-pkb-standing": operation.standing,
        "x-pkb-path-published": operation.path_published,
        "x-pkb-seen": operation.seen,
        "parameters": [_parameter(parameter, words) for parameter in operation.parameters],
        "requestBody": _body(operation),
        "responses": {**_success(operation), **{str(status): _error(status) for status in refusals(operation)}},
        "security": [] if operation.public else [{"token": []}],
    }
    return {key: value for key, value in described.items() if value is not None}


def refusals(operation: RestOperation) -> list[int]:
    """Return the statuses with which an operation may refuse a routed request."""
    codes = {413} if operation.public else {401, 403, 413}
    if operation.parameters:
        codes.add(404)
    if operation.body or any(
        parameter.place == "query" or parameter.type not in UNTYPED for parameter in operation.parameters
    ):
        codes.add(400)
    if operation.body:
        codes |= {404, 409, 415}
    if operation.conflicts:
        codes.add(409)
    return sorted(codes)


def _parameter(parameter: Parameter, words: Words) -> Json:
    many = parameter.type.endswith("[]")
    item = parameter_schema(parameter.type.removesuffix("[]"), parameter.place, words, is_listed=many)
    least = {"minItems": 1} if parameter.required else {}
    described: Json = {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.required,
        "description": parameter.text,
        "schema": {"type": "array", "items": item, **least} if many else item,
    }
    if isinstance(parameter.example, str) and not parameter.example.startswith(VARIABLE):
        described["example"] = parameter.example.split(",") if many else parameter.example
    return {**described, "style": "form", "explode": False} if many else described


def _body(operation: RestOperation) -> Json | None:
    if not operation.body:
        return None
    content: Json = {"schema": {"$ref": f"#/components/schemas/{operation.body}"}}
    example = dict(operation.example or shapes()[operation.body].example())
    # An example with a variable is not valid: it has the id of an object that the client must create first.
    if not any(str(value).startswith(VARIABLE) for value in example.values()):
        content["example"] = example
    return {"required": True, "content": {"application/json": content}}


def _success(operation: RestOperation) -> Json:
    if not operation.answers:
        return {"204": {"description": "Done"}}
    if operation.answers == (FILE,):
        return {"200": {"description": "The bytes, with their media type", "content": {"*/*": {}}}}
    references = [{"$ref": f"#/components/schemas/{name}"} for name in operation.answers]
    schema: Json = references[0] if len(references) == 1 else {"anyOf": references}
    if operation.many:
        schema = {"type": "array", "items": schema}
    if operation.wrapped:
        keys = {"type": "object", "properties": {"results": schema}}
        schema = {**keys, "required": ["results"], "additionalProperties": False}
    content: Json = {"schema": schema}
    if operation.id in _answers():
        content["examples"] = {
            role: {"summary": ROLES[role], "value": value} for role, value in _answers()[operation.id].items()
        }
    return {"200": {"description": operation.text, "content": {"application/json": content}}}


@cache
def _answers() -> Json:
    """Return the answers of the default world: operation, role, body. `docs/generate.py` makes the file."""
    answers: Json = json.loads(datafiles.beside_code("rest/answers.json").read_text(encoding="utf-8"))
    return answers


def _error(status: int) -> Json:
    codes = ", ".join(code for code, number in statuses().items() if number == status)
    schema = {"$ref": "#/components/schemas/error"}
    return {"description": codes, "content": {"application/json": {"schema": schema}}}
