"""The OpenAPI document of the control API: valid, complete, and true of what is answered."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from sandbox.assembly.control_calls import CONTROL, control_openapi
from sandbox.http.control_operations import ControlOperation
from tests.control.test_control_api import assert_problem
from tests.support import Client

DOCUMENT = control_openapi("http://localhost:8080")
SHOWN = [
    "/health/live",
    "/health/ready",
    "/credentials",
    "/world",
    "/matrix",
    "/matrix/{cell}",
    "/exchanges",
    "/exchanges/{id}",
    "/exchanges/{id}/explanation",
    "/outbox",
    "/facts",
    "/openapi.json",
    "/rest/openapi.json",
]


def assert_described(method: str, path: str, response: httpx.Response) -> None:
    """The status is one that the document lists, and the body is as its schema says."""
    responses = DOCUMENT["paths"][path][method.lower()]["responses"]
    described = responses[str(response.status_code)]
    if response.status_code == 204:
        assert response.content == b""
        return
    media_type = response.headers["content-type"].split(";")[0]
    if media_type != "text/html":
        schema: dict[str, Any] = {**described["content"][media_type]["schema"], "components": DOCUMENT["components"]}
        Draft202012Validator(schema).validate(response.json())


def test_the_document_is_valid_openapi():
    assert list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors()) == []


def test_every_operation_is_described_once():
    described = [(method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item]
    assert sorted(described) == sorted((operation.method, operation.path) for operation in CONTROL)
    ids = [operation["operationId"] for item in DOCUMENT["paths"].values() for operation in item.values()]
    assert len(set(ids)) == len(ids)


def test_everything_but_health_may_need_the_admin_token():
    for path, item in DOCUMENT["paths"].items():
        for operation in item.values():
            guarded = not path.startswith("/health/")
            assert ("401" in operation["responses"]) == guarded
            assert ("security" in operation) == guarded


def test_the_document_is_served_with_the_address_that_was_asked(pkb: Client):
    body = pkb.control("/openapi.json")
    assert body["servers"] == [{"url": f"{pkb.server.base_url}/_sandbox"}]
    assert {**body, "servers": []} == {**DOCUMENT, "servers": []}


@pytest.mark.parametrize("path", SHOWN)
def test_what_is_shown_is_as_described(pkb: Client, path: str):
    pkb.post_soap("nonsense")
    id_ = pkb.facade("/Patient/1").headers["pkb-sandbox-exchange"]
    address = path.format(id=id_, cell="partner.facade.read_clinical")
    assert_described("GET", path, pkb.http.get(f"/_sandbox{address}"))


@pytest.mark.parametrize("path", [path for path in SHOWN if not path.startswith("/health")])
def test_a_refusal_is_as_described(pkb: Client, path: str):
    response = pkb.http.get(f"/_sandbox{path.format(id=1, cell='x')}", headers={"Host": "example.org"})
    assert response.status_code == 401
    assert_described("GET", path, response)


WRONG = [
    ("GET", "/matrix/{cell}", "/matrix/x", None),
    ("GET", "/exchanges", "/exchanges?limit=x", None),
    ("GET", "/exchanges/{id}", "/exchanges/x", None),
    ("GET", "/exchanges/{id}/explanation", "/exchanges/x/explanation", None),
    ("GET", "/facts", "/facts?standing=x", None),
    ("POST", "/reset", "/reset", b"nonsense"),
]


@pytest.mark.parametrize(("method", "path", "address", "content"), WRONG, ids=[f"{m} {p}" for m, p, _, _ in WRONG])
def test_a_mistake_is_answered_as_described(pkb: Client, method: str, path: str, address: str, content: bytes | None):
    assert_described(method, path, pkb.http.request(method, f"/_sandbox{address}", content=content))


def test_what_changes_something_is_answered_as_described(pkb: Client):
    assert_described("POST", "/reset", pkb.http.post("/_sandbox/reset", json={"reset": ["clock"]}))
    assert_described("DELETE", "/exchanges", pkb.http.delete("/_sandbox/exchanges"))


def test_an_outbox_with_something_in_it_is_as_described(pkb: Client):
    pkb.send(
        "MSH|^~\\&|A|B|PKB|PKB|20260101120000||ADT^A28|m1|P|2.4\rEVN|A28|20260101120000\r"
        "PID|1||9998120012^^^NHS^NH||Khatun^Rina^^^Mrs||19910623|F|||1 Low Road^^Leeds^^LS0 0ZZ^GBR||"
        "^NET^^rina.khatun@example.org\rPV1|1|N\r"
    )
    response = pkb.http.get("/_sandbox/outbox")
    assert response.json()["items"]
    assert_described("GET", "/outbox", response)


GUARDED = [operation for operation in CONTROL if not operation.path.startswith("/health/")]


def filled(path: str) -> str:
    """The path with something in its parameters, which need not exist: what is unknown is refused first."""
    return re.sub(r"\{\w+\}", "x", path)


@pytest.mark.parametrize("operation", GUARDED, ids=lambda operation: f"{operation.method} {operation.path}")
def test_an_unknown_parameter_is_refused_and_named(pkb: Client, operation: ControlOperation):
    path = f"/_sandbox{filled(operation.path)}?nonsense=1"
    assert_problem(pkb.http.request(operation.method, path), 400, "Unknown parameter 'nonsense'")


@pytest.mark.parametrize("operation", GUARDED, ids=lambda operation: f"{operation.method} {operation.path}")
def test_an_unknown_key_of_a_body_is_refused_and_named(pkb: Client, operation: ControlOperation):
    ids = {"patient": pkb.patient("Registered")["id"], "id": pkb.organisation()}
    path = f"/_sandbox{operation.path.format(**{'cell': 'x', 'name': 'x', 'profile': 'appointments', **ids})}"
    if "/users/" in path:
        path = path.replace(ids["id"], ids["patient"])
    if "/teams/" in path:
        path = path.replace(ids["id"], pkb.control("/world")["organisations"][0]["teams"][0]["id"])
    response = pkb.http.request(operation.method, path, json={"nonsense": 1})
    assert_problem(response, 400, "Unknown key 'nonsense'")


def test_a_duplicate_key_or_parameter_is_refused(pkb: Client):
    response = pkb.http.post("/_sandbox/reset", content=b'{"reset":["clock"],"reset":["store"]}')
    assert_problem(response, 400, "Duplicate key 'reset'")
    assert_problem(pkb.http.get("/_sandbox/exchanges?api=rest&api=facade"), 400, "Repeated parameter")
