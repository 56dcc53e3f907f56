"""The OpenAPI document has an answer of the default world for each role, which its own schema allows."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sandbox.rest.catalogue import FILE, RestOperation, operations
from sandbox.rest.openapi import ROLES, document

DOCUMENT = document("http://127.0.0.1")
ANSWERING = [operation for operation in operations() if operation.answers and operation.answers != (FILE,)]
WITHOUT = {
    "rest.user-create": {"teamcoord"},
    "rest.user-update": {"teamcoord"},
    "rest.consents": {"teamcoord"},
    "rest.consent-create": {"teamcoord"},
    "rest.consent-update": {"teamcoord"},
    "rest.treatment-plan-create": {"clinician"},
}
"""Roles whose own example request is refused: it is about a record, or a plan, of which they may not dispose."""


def content_of(operation: RestOperation) -> dict[str, Any]:
    described = DOCUMENT["paths"][operation.path][operation.method.lower()]
    content: dict[str, Any] = described["responses"]["200"]["content"]["application/json"]
    return content


@pytest.mark.parametrize("operation", ANSWERING, ids=lambda operation: operation.id)
def test_each_answer_is_what_the_schema_describes(operation: RestOperation):
    content = content_of(operation)
    schema = {**content["schema"], "components": DOCUMENT["components"]}
    for example in content.get("examples", {}).values():
        Draft202012Validator(schema).validate(example["value"])


@pytest.mark.parametrize("operation", ANSWERING, ids=lambda operation: operation.id)
def test_each_role_has_its_answer(operation: RestOperation):
    roles = {role.lower() for role in operation.scopes} or {"public"}
    examples = content_of(operation).get("examples", {})
    assert set(examples) == roles - WITHOUT.get(operation.id, set())
    assert all(example["summary"] == ROLES[role] for role, example in examples.items())
