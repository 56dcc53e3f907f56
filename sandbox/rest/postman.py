"""The catalogue as a Postman collection, for people and for newman: a request for each operation, and its answer.

Source: the format, https://schema.getpostman.com/collection/json/v2.1.0/draft-07/docs/index.html
"""

from __future__ import annotations

import json
from typing import Any

from sandbox.rest.requests import BASE, DEFAULT_BASE, TOKENS, Example, groups

Json = dict[str, Any]
SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
DESCRIPTION = (
    "Made from the catalogue of PKB Sandbox: do not edit. Set the three tokens: of a patient, of a clinician and of a"
    " coordinator. The ids are those of the default world, where a reset makes a second run possible."
)


def collection() -> str:
    """The collection as JSON text."""
    made = {
        "info": {"name": "PKB Sandbox: Custom REST API", "description": DESCRIPTION, "schema": SCHEMA},
        "variable": [_variable(BASE, DEFAULT_BASE), *(_variable(name, "") for name in TOKENS.values())],
        "item": [{"name": name, "item": [_item(one) for one in found]} for name, found in groups().items()],
    }
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def _variable(name: str, value: str) -> Json:
    return {"key": name, "value": value}


def _item(example: Example) -> Json:
    operation = example.operation
    request: Json = {
        "method": operation.method,
        "url": f"{{{{{BASE}}}}}{example.path}",
        "header": [],
        "auth": _bearer(example.token),
        "description": f"{operation.text}. Scope: {', '.join(operation.scopes) or 'public'}. {operation.source}",
    }
    if example.body is not None:
        request["header"] = [{"key": "Content-Type", "value": "application/json"}]
        request["body"] = {"mode": "raw", "raw": example.body_text, "options": {"raw": {"language": "json"}}}
    script = {"type": "text/javascript", "exec": _script(example)}
    return {
        "name": f"{operation.method} {operation.path}",
        "event": [{"listen": "test", "script": script}],
        "request": request,
    }


def _bearer(token: str) -> Json:
    if not token:
        return {"type": "noauth"}
    return {"type": "bearer", "bearer": [{"key": "token", "value": f"{{{{{token}}}}}", "type": "string"}]}


def _script(example: Example) -> list[str]:
    """The status, and for later requests the id of what was made."""
    lines = [f"pm.test('answers {example.status}', () => pm.response.to.have.status({example.status}));"]
    if example.operation.gives:
        lines.append(f"pm.collectionVariables.set('{example.operation.gives}', pm.response.json().id);")
    return lines
