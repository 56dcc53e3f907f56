"""Each limit of FHIR is a setting: what is at the limit passes, what is one past it is refused."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any, NamedTuple

import httpx
import pytest

from sandbox.fhir.base.negotiation import JSON_PATCH
from sandbox.settings import SETTINGS
from tests.fhir.customer.support import Endpoint
from tests.support import Client

Json = dict[str, Any]
FORM = "application/x-www-form-urlencoded"
ADD, COPY = ({"op": "add", "path": "/active", "value": True}, {"op": "copy", "from": "/gender", "path": "/language"})


class SentRequest(NamedTuple):
    """A request of a test: method, path, body and media type."""

    method: str
    path: str
    body: Any = None
    media_type: str = "application/json"


class Row(NamedTuple):
    """A setting with a small value, a request at the limit and one past it, and the refusal."""

    setting: str
    value: int
    fits: SentRequest
    exceeds: SentRequest
    status: int
    code: str
    text: str


def get(path: str) -> SentRequest:
    return SentRequest("GET", path)


def post(resource: Json) -> SentRequest:
    return SentRequest("POST", "/Patient", resource)


def bundle(kind: str, *entries: Json) -> SentRequest:
    return SentRequest("POST", "", {"resourceType": "Bundle", "type": kind, "entry": list(entries)})


def patch(*operations: Json) -> SentRequest:
    return SentRequest("PATCH", "/Patient/limit", list(operations), JSON_PATCH)


def form(size: int) -> SentRequest:
    return SentRequest("POST", "/Patient/_search", f"name={'a' * (size - 5)}".encode(), FORM)


def patient(names: int) -> Json:
    return {"resourceType": "Patient", "name": [{"text": f"{number:0100}"} for number in range(names)]}


def create(names: int) -> Json:
    return {"request": {"method": "POST", "url": "Patient"}, "resource": patient(names)}


def patch_entry(*operations: Json) -> Json:
    data = base64.b64encode(json.dumps(operations).encode()).decode()
    binary = {"resourceType": "Binary", "contentType": JSON_PATCH, "data": data}
    return {"request": {"method": "PATCH", "url": "Patient/limit"}, "resource": binary}


READ = {"request": {"method": "GET", "url": "Patient/limit"}}
SUBJECT = "/Observation?subject:Patient"
ROWS = (
    Row("max_search_parameters", 2, get("/Patient?_id=a&name=b"), get("/Patient?_id=a&name=b&name=c"),
        400, "invalid", "A search accepts at most 2 parameters"),
    Row("max_search_list", 2, get("/Patient?name=a,b"), get("/Patient?name=a,b,c"),
        400, "invalid", "Parameter name accepts 1 to 2 values"),
    Row("max_search_values", 3, get("/Patient?name=a,b&name=c"), get("/Patient?name=a,b&name=c,d"),
        400, "too-costly", "A search accepts at most 3 values"),
    Row("max_search_characters", 5, get("/Patient?name=abcde"), get("/Patient?name=abcdef"),
        400, "invalid", "A value of name has more than 5 characters"),
    Row("max_search_form_bytes", 20, form(20), form(21), 413, "too-long", "The form of a search has at most 20 bytes"),
    Row("max_search_steps", 8, get("/Patient?_lastUpdated=ge2000&_id=limit"),
        get("/Patient?_lastUpdated=ge2000&_lastUpdated=ge2001&_lastUpdated=ge2002&_lastUpdated=ge2003&_id=limit"),
        400, "too-costly", "need more than 8 steps"),
    Row("max_chain_steps", 1, get(f"{SUBJECT}.name=x"), get(f"{SUBJECT}.organization.name=x"),
        400, "too-costly", "A chain has at most 1 steps"),
    Row("max_chains", 1, get(f"{SUBJECT}.name=x"), get(f"{SUBJECT}.name=x&subject:Group.code=x"),
        400, "too-costly", "a search at most 1 chains"),
    Row("max_bundle_entries", 2, bundle("batch", READ, READ), bundle("batch", READ, READ, READ),
        413, "too-long", "A Bundle has at most 2 entries"),
    Row("max_bundle_entries", 1, bundle("transaction", create(1)), bundle("transaction", create(1), create(2)),
        413, "too-long", "A Bundle has at most 1 entries"),
    Row("max_patch_operations", 2, patch(ADD, ADD), patch(ADD, ADD, ADD),
        413, "too-long", "A JSON Patch has at most 2 operations"),
    Row("max_patch_operations", 2, bundle("transaction", patch_entry(ADD, ADD)),
        bundle("transaction", patch_entry(ADD, ADD, ADD)), 413, "too-long", "A JSON Patch has at most 2 operations"),
    Row("max_patch_copied", 10, patch(COPY), patch(COPY, COPY),
        413, "too-long", "The copies of a JSON Patch add at most 10 characters"),
    Row("max_searchable_values", 20, post(patient(2)), post(patient(20)),
        413, "too-long", "The resource has more than 20 values that searches find"),
    Row("max_searchable_values", 20, bundle("transaction", create(2), create(2)),
        bundle("transaction", create(2), create(20)), 413, "too-long", "The resource has more than 20 values"),
)  # fmt: skip

RHYS = "ca7dfd5d-19d2-4e88-88f1-def6bb3a9200"
CUT = {"max_included": "the rest is left out"}
"""Limits past which an answer is cut, not refused."""


@pytest.fixture
def endpoint(pkb: Client) -> Endpoint:
    """An endpoint with a patient and three Observations."""
    endpoint = Endpoint(pkb)
    endpoint.put({"resourceType": "Patient", "id": "limit", "gender": "female"})
    for number in range(3):
        endpoint.put(
            {
                "resourceType": "Observation",
                "id": f"limit-{number}",
                "status": "final",
                "code": {"text": "x"},
                "subject": {"reference": "Patient/limit"},
            }
        )
    return endpoint


def limit(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, **settings: int) -> None:
    workspace = endpoint.pkb.server.workspaces.default
    changes: Json = settings
    monkeypatch.setattr(workspace, "settings", replace(workspace.settings, **changes))


def ask(endpoint: Endpoint, request: SentRequest) -> httpx.Response:
    return endpoint.ask(request.method, request.path, request.body, Content_Type=request.media_type)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.setting} {row.fits.method} {row.fits.path}"[:60])
def test_a_request_at_the_limit_passes_and_one_past_it_is_refused(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, row: Row
):
    limit(endpoint, monkeypatch, **{row.setting: row.value})
    fitting = ask(endpoint, row.fits)
    assert fitting.status_code in (200, 201), fitting.text
    refused = ask(endpoint, row.exceeds)
    (issue,) = refused.json()["issue"]
    assert (refused.status_code, issue["code"]) == (row.status, row.code)
    assert row.text in issue["diagnostics"]


def test_an_entry_of_a_batch_with_too_many_searchable_values_is_refused_alone(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
):
    limit(endpoint, monkeypatch, max_searchable_values=20)
    response = ask(endpoint, bundle("batch", create(2), create(20), READ))
    assert [entry["response"]["status"] for entry in response.json()["entry"]] == ["201", "413", "200"]


def test_the_facade_counts_the_steps_of_a_search(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch):
    path = f"/Encounter?patient={RHYS}"
    total = endpoint.pkb.facade(path).json()["total"]
    assert total > 0
    limit(endpoint, monkeypatch, max_search_steps=total)
    assert endpoint.pkb.facade(f"{path}&_count=50").status_code == 200
    limit(endpoint, monkeypatch, max_search_steps=total - 1)
    refused = endpoint.pkb.facade(f"{path}&_count=49")
    assert (refused.status_code, refused.json()["issue"][0]["code"]) == (400, "too-costly")


def test_the_facade_refuses_a_large_form(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch):
    limit(endpoint, monkeypatch, max_search_form_bytes=10)
    headers = {"Content-Type": FORM}
    response = endpoint.pkb.facade("/Encounter/_search", method="POST", content=b"patient=123", headers=headers)
    assert response.status_code == 413


def test_includes_beyond_the_limit_are_left_out(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch):
    path = "/Patient?_id=limit&_revinclude=Observation:subject&_count="
    limit(endpoint, monkeypatch, max_included=3)
    assert len(endpoint.get(f"{path}1")["entry"]) == 4
    limit(endpoint, monkeypatch, max_included=2)
    assert len(endpoint.get(f"{path}2")["entry"]) == 3


def test_each_limit_of_fhir_has_a_row():
    limits = {
        setting.name
        for setting in SETTINGS
        if "FHIR" in setting.metadata["help"] or "Patch" in setting.metadata["help"]
    }
    names = {name for name in limits if name.startswith("max_")} | {"max_bundle_entries"}
    assert names == {row.setting for row in ROWS} | CUT.keys()
