"""Statements that are dropped in: PKB's published one, a full HAPI one, and one made by hand."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.base import datafiles
from sandbox.errors import Invalid
from sandbox.fhir.base.releases import release
from sandbox.server import SandboxServer
from sandbox.synthetic.fhir import instance
from tests.fhir.base import hapi
from tests.support import NORTHMOOR, Client

Json = dict[str, Any]
FHIR = "application/fhir+json"
BY_HAND: Json = {
    "resourceType": "CapabilityStatement",
    "status": "draft",
    "date": "2026-02-03",
    "kind": "requirements",
    "fhirVersion": "4.0.1",
    "format": ["json"],
    "rest": [
        {
            "mode": "server",
            "resource": [
                {
                    "type": "MedicationRequest",
                    "interaction": [{"code": "read"}, {"code": "search-type"}],
                    "searchParam": [{"name": "status", "type": "token"}, {"name": "shoe-size", "type": "number"}],
                },
                {"type": "Patient", "interaction": [{"code": "read"}, {"code": "conjure"}]},
                {"type": "Dragon", "interaction": [{"code": "read"}]},
            ],
        }
    ],
}


class Endpoint:
    """One endpoint of a sandbox that was started with a statement for it."""

    def __init__(self, client: Client, path: str, token: str, **headers: str) -> None:
        self.client = client
        self.path = path
        self.headers = {"Authorization": f"Bearer {token}", "Accept": "application/fhir+json", **headers}

    def __call__(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {**self.headers, **options.pop("headers", {})}
        return self.client.http.request(method, f"{self.path}{path}", headers=headers, **options)

    def get(self, path: str) -> Json:
        response = self("GET", path)
        assert response.status_code == 200, (path, response.text)
        body: Json = response.json()
        return body

    def search(self, path: str) -> list[Json]:
        return [entry["resource"] for entry in self.get(path).get("entry", [])]


def started(tmp_path: Path, word: str, statement: Json) -> SandboxServer:
    file = tmp_path / f"{word}.json"
    file.write_text(json.dumps(statement), encoding="utf-8")
    return SandboxServer(port=0, capability_statement=(f"{word}={file}",))


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    with started(tmp_path_factory.mktemp("hapi"), "northmoor-r4", hapi.statement()) as server:
        client = Client(server)
        yield Endpoint(client, "/customer/northmoor-r4/fhir", client.token("northmoor-fhir"))
        client.http.close()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    statement = datafiles.read_json(datafiles.path("capability_statements/facade.json"))
    with started(tmp_path_factory.mktemp("pkb"), "facade", statement) as server:
        client = Client(server)
        organisation = {"X-Org-Public-Id": client.organisation(NORTHMOOR)}
        yield Endpoint(client, "/fhir", client.token("letterbox-facade"), **organisation)
        client.http.close()


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    with started(tmp_path_factory.mktemp("hand"), "aggregated", BY_HAND) as server:
        client = Client(server)
        organisation = {"X-Org-Public-Id": client.organisation(NORTHMOOR)}
        yield Endpoint(client, "/aggregated/fhir", client.token("northmoor-fhir"), **organisation)
        client.http.close()


def assert_valid(release_: str, resource: Json) -> None:
    type_ = resource["resourceType"]
    if type_ not in release(release_).unmodelled:
        importlib.import_module(release(release_).package).get_fhir_model_class(type_).model_validate(resource)


def test_every_interaction_of_a_full_statement_answers_with_valid_data_of_every_type(full: Endpoint):
    for type_ in sorted(release("r4").types):
        assert_answered(full, type_)


def assert_answered(full: Endpoint, type_: str) -> None:
    """Each interaction of one type, on what is there and on a resource of our own."""
    matches = full.search(f"/{type_}")
    assert matches, type_
    assert_valid("r4", matches[0])
    id_, version = matches[0]["id"], matches[0]["meta"]["versionId"]
    assert full.get(f"/{type_}/{id_}") == matches[0]
    assert full.get(f"/{type_}/{id_}/_history/{version}") == matches[0]
    assert full.search(f"/{type_}/{id_}/_history") == [matches[0]]
    assert len(full.search(f"/{type_}/_history")) == len(matches)
    resource = instance("r4", type_, 4242)
    created = full("POST", f"/{type_}", json=resource, headers={"Content-Type": FHIR})
    assert created.status_code == 201, created.text
    address = f"/{type_}/{resource['id']}"
    updated = full("PUT", address, json={**resource, "language": "cy"}, headers={"Content-Type": FHIR})
    assert updated.status_code == 200, updated.text
    patch = full("PATCH", address, json={"language": "en"}, headers={"Content-Type": "application/merge-patch+json"})
    assert patch.json()["language"] == "en"
    assert full("DELETE", address).status_code == 200
    assert full("GET", address).status_code == 410


def test_the_system_level_of_a_full_statement_answers(full: Endpoint):
    history = full.get("/_history?_count=3")
    assert history["type"] == "history"
    assert len(history["entry"]) == 3
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [{"request": {"method": "GET", "url": "Patient"}}],
    }
    answer = full("POST", "", json=bundle, headers={"Content-Type": FHIR})
    assert answer.json()["entry"][0]["resource"]["total"] > 0


def test_references_of_populated_resources_lead_somewhere(full: Endpoint):
    for type_ in ("Observation", "Encounter", "MedicationRequest", "Appointment"):
        for resource in full.search(f"/{type_}"):
            for reference in _references(resource):
                assert full("GET", f"/{reference}").status_code == 200, reference


def test_a_populated_endpoint_is_searched_by_the_same_engine(full: Endpoint):
    patient = full.search("/Patient")[0]
    number = patient["identifier"][0]["value"]
    assert [patient["id"] for patient in full.search(f"/Patient?identifier={number}")] == [patient["id"]]
    assert full.search(f"/Observation?subject:Patient.identifier={number}")
    assert full.search("/Patient?_has:Observation:subject:_id=nobody") == []


def test_the_statement_is_served_as_it_was_given(full: Endpoint):
    served = full.client.http.get("/customer/northmoor-r4/fhir/metadata").json()
    statement = hapi.statement()
    assert served["implementation"]["url"] == f"{full.client.server.base_url}/customer/northmoor-r4/fhir"
    assert {**served, "implementation": statement["implementation"]} == statement


def test_other_endpoints_of_the_release_stay_as_they_were(full: Endpoint):
    other = Endpoint(full.client, "/customer/eastgate-r4/fhir", full.client.token("eastgate-fhir"))
    assert other.search("/Patient") == []


def test_every_interaction_of_the_published_statement_answers_with_valid_data(published: Endpoint):
    statement = published.client.http.get("/fhir/metadata").json()
    for entry in statement["rest"][0]["resource"]:
        codes = {interaction["code"] for interaction in entry.get("interaction", [])}
        if "search-type" in codes:
            matches = published.search(f"/{entry['type']}")
            assert matches, entry["type"]
            for resource in matches:
                assert_valid("stu3", resource)
                if "read" in codes:
                    assert published.get(f"/{entry['type']}/{resource['id']}") == resource


def test_the_matrix_still_decides_who_may_ask_a_given_facade(published: Endpoint):
    refused = published.client.http.get("/fhir/Patient", headers={"Authorization": "Bearer nobody"})
    assert refused.status_code == 401
    assert published("POST", "/Patient", json={}).status_code in (403, 405)


def test_what_a_statement_made_by_hand_lists_answers_and_nothing_else(by_hand: Endpoint):
    medication_requests = by_hand.search("/MedicationRequest")
    assert medication_requests
    for resource in medication_requests:
        assert_valid("r4", resource)
        (patient,) = [reference for reference in _references(resource) if reference.startswith("Patient/")][:1]
        assert_valid("r4", by_hand.get(f"/{patient}"))
        assert {reference.split("/")[0] for reference in _references(resource)} <= {"Patient", "MedicationRequest"}
    assert by_hand.search(f"/MedicationRequest?status={medication_requests[0]['status']}")
    assert by_hand("GET", "/Patient").status_code == 405
    assert by_hand("GET", "/Observation").status_code == 404
    assert by_hand("GET", "/Dragon/1").status_code == 404


@pytest.mark.parametrize(
    ("word", "statement", "message"),
    [
        ("nowhere", BY_HAND, "no such endpoint"),
        ("northmoor-stu3", BY_HAND, "the endpoint is stu3, but the statement is r4"),
        ("customer-stu3", BY_HAND, "the endpoint is stu3"),
        ("customer-r4", {"resourceType": "Patient"}, "not a CapabilityStatement"),
        ("customer-r4", {**BY_HAND, "fhirVersion": "1.0.2"}, "neither STU3 nor R4"),
        ("customer-r4", {**BY_HAND, "rest": []}, "lists no interaction or operation"),
        (
            "customer-r4",
            {**BY_HAND, "rest": [{"mode": "server", "resource": [{}]}]},
            "lists no interaction or operation",
        ),
    ],
)
def test_a_statement_that_cannot_be_served_is_named(tmp_path: Path, word: str, statement: Json, message: str):
    with pytest.raises(Invalid, match=message):
        started(tmp_path, word, statement)


@pytest.mark.parametrize("option", ["facade", "facade=", "=file.json", "facade=/no/such/file.json"])
def test_an_option_that_names_no_statement_is_refused(option: str):
    with pytest.raises(Invalid, match="--capability-statement"):
        SandboxServer(port=0, capability_statement=(option,))


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        reference = value.get("reference")
        if isinstance(reference, str) and "://" not in reference:
            yield reference
        for part in value.values():
            yield from _references(part)
    elif isinstance(value, list):
        for part in value:
            yield from _references(part)
