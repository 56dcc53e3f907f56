"""Callers of the Custom REST API, and the one shape in which it says no."""

from __future__ import annotations

from typing import Any

import httpx
from jsonschema import Draft202012Validator, FormatChecker

from sandbox.rest.objects import shapes
from sandbox.rest.openapi import document
from tests.support import Client

PEOPLE = {
    "PATIENT": ("tola.adeyemi@example.org", "stepwise-diary"),
    "CLINICIAN": ("owen.bright@northmoor.example", "stepwise-clinic"),
    "TEAMCOORD": ("dilys.farrow@northmoor.example", "stepwise-clinic"),
}
"""User type → someone of that type, and the app that they use."""


DOCUMENT = document("http://localhost")


def validate(shape: str, value: Any) -> None:
    """Raises when a value is not as the catalogue has the object: the same keys, and what each may hold."""
    schema = {"$ref": f"#/components/schemas/{shape}", "components": DOCUMENT["components"]}
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(value)


def assert_object(value: Any, shape: str) -> None:
    """The keys are those of the catalogue, no more and no fewer but the optional ones, and the values as it says."""
    optional = {key.name for key in shapes()[shape].keys if key.optional}
    assert set(value) - optional == set(shapes()[shape].always)
    validate(shape, value)


def token_of(pkb: Client, user_type: str) -> str:
    """A live token of a session of that user type; SITE is the client that is tethered to a team."""
    return pkb.tethered_token() if user_type == "SITE" else pkb.user_token(*PEOPLE[user_type])


def call(pkb: Client, method: str, path: str, token: str = "", mount: str = "/json", **options: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return pkb.http.request(method, mount + path, headers={**headers, **options.pop("headers", {})}, **options)


def ask(pkb: Client, method: str, path: str, caller: str, **options: Any) -> Any:
    """The JSON of an answer to a caller of that user type, who must not be refused."""
    response = call(pkb, method, path, token_of(pkb, caller), **options)
    assert response.status_code in (200, 204), response.text
    return response.json() if response.content else None


def assert_error(response: httpx.Response, status: int, code: str, message: str | None = None) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert set(body) == {"status", "code", "message"}
    assert (body["status"], body["code"]) == (status, code)
    if message is not None:
        assert body["message"] == message
