"""An example request for each operation, made from the catalogue: what Postman's collection and the `.http` file hold.

Source: *Custom REST API*, http://dev.patientsknowbest.com/home/rest-api
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sandbox.rest.catalogue import Operation, operations
from sandbox.rest.objects import shapes

PREFIX = "/json"
BASE, NEW = "baseUrl", "{{"
DEFAULT_BASE = "http://127.0.0.1:8080"
TOKENS = {"PATIENT": "patientToken", "CLINICIAN": "clinicianToken", "TEAMCOORD": "coordinatorToken"}
"""Scope → the variable that holds a token of it."""


@dataclass(frozen=True, slots=True)
class Example:
    """A request: `path` begins behind the base; `token` and what stands in double braces are variables."""

    operation: Operation
    path: str
    token: str
    body: Mapping[str, Any] | None

    @property
    def body_text(self) -> str:
        return json.dumps(self.body, indent=2, ensure_ascii=False)

    @property
    def status(self) -> int:
        """What it is answered with in the default world."""
        return 200 if self.operation.answers else 204


def examples() -> list[Example]:
    """One for each operation, in the order of the catalogue."""
    return [_example(operation) for operation in operations()]


def groups() -> dict[str, list[Example]]:
    """The same by the first word of their paths that is no version: one group for each of PKB's services."""
    found: dict[str, list[Example]] = {}
    for example in examples():
        words = example.operation.path.strip("/").split("/")
        found.setdefault(words[1] if words[0].startswith("v") else words[0], []).append(example)
    return found


def _example(operation: Operation) -> Example:
    path, query = operation.path, []
    for parameter in operation.parameters:
        if parameter.example is None:
            continue
        value = str(parameter.example)
        if parameter.place == "path":
            path = path.replace(f"{{{parameter.name}}}", value if value.startswith(NEW) else quote(value, safe=""))
        else:
            query.append(f"{parameter.name}={quote(value, safe=',')}")
    token = TOKENS[operation.scopes[0]] if operation.scopes else ""
    body = operation.example or (shapes()[operation.body].example() if operation.body else None)
    return Example(operation, PREFIX + path + ("?" + "&".join(query) if query else ""), token, body)
