"""A collection for Postman and newman.

Source: the format, https://schema.getpostman.com/collection/json/v2.1.0/draft-07/docs/index.html
"""

from __future__ import annotations

import json
from typing import Any

from sandbox.examples.making.collections.request import BASE, Collection, CollectionRequest, variable

Json = dict[str, Any]
SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
DESCRIPTION = (
    "Made from the examples and the access matrix of PKB Sandbox: do not edit. Run the folders in their order: the"
    " first requests restore the starting state and get tokens. Each request tests its answer. Set baseUrl, and"
    " adminToken where the server was started with one."
)


def postman(collection: Collection) -> str:
    """Return the collection as JSON text."""
    content = {
        "info": {"name": collection.title, "description": DESCRIPTION, "schema": SCHEMA},
        "variable": [{"key": name, "value": value} for name, value in collection.variables.items()],
        "item": [
            {"name": folder, "item": [_item(request) for request in requests]}
            for folder, requests in collection.folders.items()
        ],
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _item(request: CollectionRequest) -> Json:
    content: Json = {
        "method": request.method,
        "url": variable(BASE) + request.path,
        "header": [{"key": name, "value": value} for name, value in request.headers.items()],
        "auth": _auth(request),
        "description": f"{request.title} {request.source}".strip(),
    }
    if request.form:
        form = [{"key": name, "value": value} for name, value in request.form.items()]
        content["body"] = {"mode": "urlencoded", "urlencoded": form}
    elif request.body:
        raw = {"raw": {"language": request.language}}
        content["body"] = {"mode": "raw", "raw": request.body, "options": raw}
    return {
        "name": request.name,
        "event": [{"listen": "test", "script": {"type": "text/javascript", "exec": _tests(request)}}],
        "request": content,
    }


def _auth(request: CollectionRequest) -> Json:
    if request.basic:
        user, password = request.basic
        pairs = [("username", variable(user)), ("password", variable(password))]
        return {"type": "basic", "basic": [{"key": k, "value": v, "type": "string"} for k, v in pairs]}
    if request.bearer:
        return {"type": "bearer", "bearer": [{"key": "token", "value": variable(request.bearer), "type": "string"}]}
    # Stated, because a request without it inherits the authorisation of its folder.
    return {"type": "noauth"}


def _tests(request: CollectionRequest) -> list[str]:
    allowed = ", ".join(map(str, request.statuses))
    lines = [f"pm.test('answers {allowed}', () => pm.expect(pm.response.code).to.be.oneOf([{allowed}]));"]
    if request.text:
        text = json.dumps(request.text, ensure_ascii=False)
        lines.append(f"pm.test('says so', () => pm.expect(pm.response.text()).to.include({text}));")
    for name, path in request.stores.items():
        lines.append(f"pm.collectionVariables.set('{name}', pm.response.json().{path});")
    return lines
