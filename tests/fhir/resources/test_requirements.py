"""What PKB asks of resources for aggregation: stored all the same, and explained.

Source: *Customer Interface Requirements*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/5002330131
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.facts import ledger
from sandbox.fhir.resources.requirements import MOST, RULES, unmet_requirements
from sandbox.server import SandboxServer
from tests.fhir.customer.support import Endpoint, assert_refused
from tests.support import Client

LABEL = "http://fhir.patientsknowbest.com/codesystem/privacy-label"
NHS = "https://fhir.nhs.uk/Id/nhs-number"
GOOD: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p",
    "identifier": [{"system": NHS, "value": "9991001379"}],
    "managingOrganization": {"reference": "Organization/o"},
}
ORGANISATION = {
    "resourceType": "Organization",
    "id": "o",
    "identifier": [{"system": "urn:o", "value": "1"}],
    "name": "N",
}


def security(*codings: dict[str, str]) -> dict[str, Any]:
    return {**GOOD, "meta": {"security": list(codings)}}


UNMET: dict[str, tuple[dict[str, Any], str, str]] = {
    "a reference by identifier alone": (
        {**GOOD, "generalPractitioner": [{"identifier": {"system": "urn:g", "value": "1"}}]},
        "reference",
        "Patient.generalPractitioner[0]",
    ),
    "a contained target": (
        {**GOOD, "managingOrganization": {"reference": "#o"}},
        "reference",
        "Patient.managingOrganization",
    ),
    "an absolute reference": (
        {**GOOD, "managingOrganization": {"reference": "http://h.example/Organization/7"}},
        "absolute",
        "Patient.managingOrganization",
    ),
    "an identifier without a system": (
        {**GOOD, "identifier": [{"value": "1"}]},
        "identifier",
        "Patient.identifier[0]",
    ),
    "an identifier without a value, deep inside": (
        {"resourceType": "Basic", "extension": [{"url": "urn:x", "valueIdentifier": {"system": "urn:y"}}]},
        "identifier",
        "Basic.extension[0].valueIdentifier",
    ),
    "a Person without identifier": ({"resourceType": "Person"}, "person", "Person.identifier"),
    "two identifiers of one system": (
        {**GOOD, "identifier": [{"system": "urn:a", "value": "1"}, {"system": "urn:a", "value": "2"}]},
        "person",
        "Patient.identifier",
    ),
    "an NHS number that is none": (
        {**GOOD, "identifier": [{"system": NHS, "value": "9991001370"}]},
        "person",
        "Patient.identifier",
    ),
    "no source organisation": (
        {name: value for name, value in GOOD.items() if name != "managingOrganization"},
        "source",
        "Patient.managingOrganization",
    ),
    "a source that PKB sets": (security({"code": "source-team"}), "security", "Patient.meta.security[0]"),
    "two labels": (
        security({"system": LABEL, "code": "SOCIAL_CARE"}, {"system": LABEL, "code": "MENTAL_HEALTH"}),
        "label",
        "Patient.meta.security",
    ),
    "an unknown label": (security({"system": LABEL, "code": "SECRET"}), "label", "Patient.meta.security"),
    "a version of the sender's": ({**GOOD, "meta": {"versionId": "1"}}, "meta", "Patient.meta.versionId"),
    "a time of creation of the sender's": (
        {**GOOD, "meta": {"extension": [{"url": "ex:createdAt", "valueInstant": "2020-01-01T00:00:00Z"}]}},
        "meta",
        "Patient.meta.extension[0]",
    ),
}


@pytest.mark.parametrize(("resource", "rule", "where"), UNMET.values(), ids=UNMET)
def test_an_unmet_requirement_is_found_at_its_place(resource: dict[str, Any], rule: str, where: str):
    (finding,) = unmet_requirements(resource)
    assert (finding.rule, finding.where) == (f"customer.requirement-{rule}", where)
    assert str(finding).startswith(f"{where}: ")


def test_a_resource_that_meets_all_requirements_has_no_finding():
    assert unmet_requirements({**GOOD, "meta": {"security": [{"system": LABEL, "code": "SOCIAL_CARE"}]}}) == ()


def test_each_rule_is_a_fact_and_has_an_example():
    assert {f"customer.requirement-{rule}" for rule in RULES} <= set(ledger())
    assert {rule for _, rule, _ in UNMET.values()} == set(RULES)


def test_no_more_than_so_many_are_kept():
    assert len(unmet_requirements({**GOOD, "identifier": [{"system": f"urn:{n}"} for n in range(50)]})) == MOST


def test_an_unmet_requirement_is_stored_and_explained(pkb: Client):
    feed = Endpoint(pkb)
    response = feed.ask("PUT", "/Patient/p", {**GOOD, "identifier": [{"value": "1"}]})
    assert response.status_code == 201
    explanation = pkb.http.get(response.headers["pkb-sandbox-explain"]).json()
    assert "Patient.identifier[0]: an identifier needs a system and a value" in explanation["expected"]
    assert "Patient/p is not in Aggregated: identifier has no" in explanation["expected"]
    assert explanation["source"].startswith("https://")
    assert response.json()["resourceType"] == "Patient"


def test_a_met_requirement_needs_no_explanation(pkb: Client):
    feed = Endpoint(pkb)
    assert "pkb-sandbox-explain" not in feed.ask("PUT", "/Organization/o", ORGANISATION).headers
    assert "pkb-sandbox-explain" not in feed.ask("PUT", "/Patient/p", GOOD).headers
    assert "pkb-sandbox-explain" not in feed.ask("DELETE", "/Patient/p").headers


def test_a_bundle_is_explained_entry_by_entry(pkb: Client):
    entries = [
        {"request": {"method": "PUT", "url": f"Person/{id_}"}, "resource": {"resourceType": "Person"}} for id_ in "ab"
    ]
    response = Endpoint(pkb).ask("POST", "", {"resourceType": "Bundle", "type": "batch", "entry": entries})
    expected = pkb.http.get(response.headers["pkb-sandbox-explain"]).json()["expected"]
    assert expected.count("Person.identifier: at least one identifier is needed") == 2


@pytest.fixture(scope="module")
def strict() -> Iterator[Endpoint]:
    """An endpoint that holds everything that its resources refer to."""
    with SandboxServer(port=0, strict_references=True) as server:
        client = Client(server)
        with client.http:
            yield Endpoint(client)


def test_references_may_lead_nowhere(pkb: Client):
    assert Endpoint(pkb).ask("PUT", "/Patient/p", GOOD).status_code == 201


def test_strict_references_lead_somewhere(strict: Endpoint):
    refused = strict.ask("PUT", "/Patient/p", GOOD)
    text = "Referenced resource Organization/o does not exist"
    assert_refused(refused, 422, "invalid", text, "Patient.managingOrganization")
    assert strict.ask("GET", "/Patient/p").status_code == 404
    strict.put(ORGANISATION)
    strict.put(GOOD)
    absolute = {"reference": f"{strict.pkb.server.base_url}{strict.path}/Organization/nowhere"}
    assert strict.ask("PUT", "/Patient/p", {**GOOD, "managingOrganization": absolute}).status_code == 422
    strict.ask("DELETE", "/Organization/o")
    assert strict.ask("PUT", "/Patient/p", {**GOOD, "gender": "male"}).status_code == 422


def test_a_strict_endpoint_accepts_references_within_a_transaction(strict: Endpoint):
    patient = {"resourceType": "Patient", "managingOrganization": {"reference": "urn:uuid:o"}}
    entries: list[dict[str, Any]] = [
        {"request": {"method": "POST", "url": "Patient"}, "resource": patient},
        {
            "fullUrl": "urn:uuid:o",
            "request": {"method": "POST", "url": "Organization"},
            "resource": {"resourceType": "Organization", "name": "N"},
        },
    ]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    assert strict.ask("POST", "", bundle).status_code == 200
    refused = strict.ask("POST", "", {**bundle, "entry": entries[:1]})
    assert refused.status_code == 200  # urn:uuid:o is no reference to a resource of this endpoint
    nowhere = {**patient, "managingOrganization": {"reference": "Organization/nowhere"}}
    entries[0] = {**entries[0], "resource": nowhere}
    refused = strict.ask("POST", "", {**bundle, "entry": entries})
    assert refused.status_code == 422
    where = "Bundle.entry[0].resource.managingOrganization"
    assert refused.json()["issue"][0]["expression"] == [where]


def test_a_repeated_system_among_tens_of_thousands_is_named():
    systems = [*(f"urn:{number}" for number in range(40_000)), "urn:7"]
    identifiers = [{"system": system, "value": "1"} for system in systems]
    warnings = unmet_requirements({**GOOD, "identifier": identifiers})
    assert [(warning.where, warning.text) for warning in warnings] == [
        ("Patient.identifier", "more than one identifier of urn:7")
    ]
