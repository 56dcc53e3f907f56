"""What the references of a Bundle's entries lead to: other entries, and what criteria find.

https://hl7.org/fhir/R4/http.html#trules ; Synthea writes conditional references in its transactions.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fhir.customer.support import Endpoint
from tests.support import Client

Json = dict[str, Any]
SYSTEM = "https://github.com/synthetichealth/synthea"
UUID = "urn:uuid:0d3b8a3c-0c1b-4f39-9f53-6d4c4a1f9f4a"


@pytest.fixture(params=["stu3", "r4"])
def feed(pkb: Client, request: pytest.FixtureRequest) -> Endpoint:
    return Endpoint(pkb, f"northmoor-{request.param}")


def bundle(kind: str, *entries: Json) -> Json:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def entry(method: str, url: str, resource: Json | None = None, full_url: str = "", **request: str) -> Json:
    bare: Json = {"request": {"method": method, "url": url, **request}}
    return {**bare, **({"resource": resource} if resource else {}), **({"fullUrl": full_url} if full_url else {})}


def patient(value: str, **elements: Any) -> Json:
    return {"resourceType": "Patient", "identifier": [{"system": SYSTEM, "value": value}], **elements}


def condition(reference: str, **elements: Any) -> Json:
    return {"resourceType": "Condition", "subject": {"reference": reference}, **elements}


def by(value: str) -> str:
    return f"Patient?identifier={SYSTEM}|{value}"


def subjects(response: Any) -> list[str]:
    resources = [each.get("resource", {}) for each in response.json()["entry"]]
    return [each["subject"]["reference"] for each in resources if each.get("resourceType") == "Condition"]


# Conditional references


@pytest.mark.parametrize("kind", ["transaction", "batch"])
@pytest.mark.parametrize("form", ["{}", "{base}/{}"])
def test_a_conditional_reference_becomes_the_one_match(feed: Endpoint, kind: str, form: str):
    feed.put(patient("1", id="ada"))
    reference = form.format(by("1"), base=f"{feed.pkb.server.base_url}{feed.path}")
    response = feed.ask("POST", "", bundle(kind, entry("POST", "Condition", condition(reference))))
    assert subjects(response) == ["Patient/ada"], response.text
    assert feed.get("/Condition?subject=Patient/ada")["total"] == 1


@pytest.mark.parametrize("first", ["patient", "condition"])
def test_a_match_may_be_made_in_the_same_transaction(feed: Endpoint, first: str):
    entries = [entry("POST", "Patient", patient("1")), entry("POST", "Condition", condition(by("1")))]
    response = feed.ask("POST", "", bundle("transaction", *(entries if first == "patient" else entries[::-1])))
    assert response.status_code == 200, response.text
    ids = {each["resource"]["resourceType"]: each["resource"]["id"] for each in response.json()["entry"]}
    assert subjects(response) == [f"Patient/{ids['Patient']}"]


def test_in_a_batch_an_earlier_entry_may_make_the_match(feed: Endpoint):
    entries = [entry("POST", "Patient", patient("1")), entry("POST", "Condition", condition(by("1")))]
    response = feed.ask("POST", "", bundle("batch", *entries))
    assert subjects(response) == [f"Patient/{response.json()['entry'][0]['resource']['id']}"]


def test_a_conditional_create_makes_the_match_or_finds_it(feed: Endpoint):
    entries = [
        entry("POST", "Patient", patient("1"), ifNoneExist=f"identifier={SYSTEM}|1"),
        entry("POST", "Condition", condition(by("1"))),
    ]
    first = feed.ask("POST", "", bundle("transaction", *entries))
    again = feed.ask("POST", "", bundle("transaction", *entries))
    assert first.status_code == again.status_code == 200
    assert subjects(first) == subjects(again)
    assert feed.get("/Patient")["total"] == 1


def test_what_the_transaction_changes_counts_as_it_will_be(feed: Endpoint):
    feed.put(patient("1", id="old"))
    feed.put(patient("1", id="gone"))
    feed.put(patient("2", id="new"))
    entries = [
        entry("POST", "Condition", condition(by("1"))),
        entry("PUT", "Patient/new", patient("1", id="new")),
        entry("PUT", "Patient/old", patient("3", id="old")),
        entry("DELETE", "Patient/gone"),
    ]
    assert subjects(feed.ask("POST", "", bundle("transaction", *entries))) == ["Patient/new"]


UNMET = {
    "none": (by("nobody"), 404, "not-found", "matches no Patient"),
    "several": (by("twice"), 412, "", "matches more than one Patient"),
    "no criteria": ("Patient?_format=json", 400, "invalid", "A conditional reference requires criteria"),
    "an unknown parameter": ("Patient?shoe-size=9", 400, "invalid", "no search parameter shoe-size"),
    "an unknown type": ("Frobnication?identifier=1", 404, "not-found", "Frobnication"),
}


@pytest.mark.parametrize("case", UNMET)
@pytest.mark.parametrize("kind", ["transaction", "batch"])
def test_a_conditional_reference_without_one_match_fails_its_entry(feed: Endpoint, kind: str, case: str):
    reference, status, code, word = UNMET[case]
    for id_ in ("a", "b"):
        feed.put(patient("twice", id=id_))
    entries = [entry("PUT", "Patient/c", patient("c", id="c")), entry("POST", "Condition", condition(reference))]
    response = feed.ask("POST", "", bundle(kind, *entries))
    if kind == "batch":
        answer = response.json()["entry"][1]["response"]
        assert answer["status"] == str(status)
        outcome = answer["outcome"]
    else:
        assert response.status_code == status
        outcome = response.json()
        assert outcome["issue"][0]["expression"] == ["Bundle.entry[1]"]
        assert feed.ask("GET", "/Patient/c").status_code == 404
    (issue,) = outcome["issue"]
    assert word in issue["diagnostics"]
    assert not code or issue["code"] == code
    assert feed.get("/Condition")["total"] == 0


def test_a_conditional_reference_outside_of_a_bundle_is_stored_as_it_is(feed: Endpoint):
    stored = feed.ask("POST", "/Condition", condition(by("1"))).json()
    assert stored["subject"]["reference"] == by("1")


# Links to other entries, by the type of the element


def test_links_go_by_the_type_of_an_element_and_not_by_its_name(pkb: Client):
    feed = Endpoint(pkb, "northmoor-r4")
    library = {
        "resourceType": "ActivityDefinition",
        "status": "draft",
        "url": UUID,
        "library": [UUID],
        "relatedArtifact": [{"type": "citation", "url": UUID, "resource": UUID, "document": {"url": UUID}}],
        "extension": [
            {"url": "urn:x", "valueUri": UUID},
            {"url": "urn:y", "valueUrl": UUID},
            {"url": "urn:z", "valueCanonical": UUID},
            {"url": "urn:s", "valueString": UUID},
            {"url": "urn:r", "valueReference": {"reference": UUID}},
        ],
        "contact": [{"telecom": [{"system": "url", "value": UUID}]}],
    }
    entries = [entry("POST", "Patient", patient("1", id="ada"), UUID), entry("POST", "ActivityDefinition", library)]
    stored = feed.ask("POST", "", bundle("transaction", *entries)).json()["entry"][1]["resource"]
    assert stored["url"] == "Patient/ada"
    assert stored["library"] == [UUID]
    (artifact,) = stored["relatedArtifact"]
    assert artifact == {
        "type": "citation",
        "url": "Patient/ada",
        "resource": UUID,
        "document": {"url": "Patient/ada"},
    }
    values = [next(value for name, value in each.items() if name != "url") for each in stored["extension"]]
    assert values == ["Patient/ada", "Patient/ada", UUID, UUID, {"reference": "Patient/ada"}]
    assert stored["contact"] == library["contact"]


def test_in_stu3_a_uri_is_a_uri_whatever_its_name(pkb: Client):
    feed = Endpoint(pkb, "northmoor-stu3")
    consent = {
        "resourceType": "Consent",
        "status": "active",
        "patient": {"reference": UUID},
        "policy": [{"authority": UUID, "uri": UUID}],
        "sourceIdentifier": {"system": UUID, "value": UUID},
        "data": [{"meaning": "instance", "reference": {"reference": UUID}}],
    }
    entries = [entry("POST", "Patient", patient("1", id="ada"), UUID), entry("POST", "Consent", consent)]
    stored = feed.ask("POST", "", bundle("transaction", *entries)).json()["entry"][1]["resource"]
    assert stored["patient"] == {"reference": "Patient/ada"}
    assert stored["policy"] == [{"authority": "Patient/ada", "uri": "Patient/ada"}]
    assert stored["sourceIdentifier"] == {"system": "Patient/ada", "value": UUID}
    assert stored["data"][0]["reference"] == {"reference": "Patient/ada"}


def test_a_relative_reference_is_taken_on_the_base_of_its_entry(feed: Endpoint):
    base = "https://pas.northmoor.test/fhir"
    entries = [
        entry("POST", "Patient", patient("1"), f"{base}/Patient/7"),
        entry("POST", "Condition", condition("Patient/7"), f"{base}/Condition/1"),
        entry("POST", "Condition", condition(f"{base}/Patient/7"), f"{base}/Condition/2"),
        entry("POST", "Condition", condition("Patient/7"), "https://elsewhere.test/fhir/Condition/3"),
    ]
    response = feed.ask("POST", "", bundle("transaction", *entries))
    address = f"Patient/{response.json()['entry'][0]['resource']['id']}"
    assert subjects(response) == [address, address, "Patient/7"]


# Every bad entry is named


def test_a_refused_transaction_names_every_bad_entry(feed: Endpoint):
    feed.put(patient("1", id="there"))
    entries = [
        entry("PUT", "Patient/a", patient("a", id="a")),
        entry("PUT", "Patient/b", patient("b", id="b", foo=1, bar=2)),
        entry("POST", "Frobnication", patient("c")),
        {"resource": patient("d")},
        entry("PUT", "Patient/there", patient("1", id="there", active=True), ifMatch='W/"1"'),
        entry("POST", "Condition", condition(by("nobody"))),
        entry("POST", "Patient", patient("e", id="there")),
        entry("GET", "Patient/nobody"),
    ]
    response = feed.ask("POST", "", bundle("transaction", *entries))
    assert response.status_code == 422
    assert [issue["expression"][0] for issue in response.json()["issue"]] == [
        "Bundle.entry[1].resource.foo",
        "Bundle.entry[1].resource.bar",
        "Bundle.entry[2]",
        "Bundle.entry[3].request",
        "Bundle.entry[4]",
        "Bundle.entry[5]",
        "Bundle.entry[6]",
        "Bundle.entry[7]",
    ]
    assert feed.ask("GET", "/Patient/a").status_code == 404
    assert feed.get("/Patient")["total"] == 1


def test_the_first_bad_entry_decides_the_status(feed: Endpoint):
    entries = [entry("GET", "Patient/nobody"), entry("PUT", "Patient/b", patient("b", id="b", foo=1))]
    response = feed.ask("POST", "", bundle("transaction", *entries))
    assert (response.status_code, response.json()["id"]) == (404, "not-found")
    assert len(response.json()["issue"]) == 2


def test_a_transaction_as_synthea_writes_it(pkb: Client):
    """A practitioner and an organisation of an earlier Bundle, found by their identifiers."""
    feed = Endpoint(pkb, "northmoor-r4")
    npi = "http://hl7.org/fhir/sid/us-npi"
    practitioner = {"resourceType": "Practitioner", "id": "dr", "identifier": [{"system": npi, "value": "9999"}]}
    feed.put(practitioner)
    encounter = {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": UUID},
        "participant": [{"individual": {"reference": f"Practitioner?identifier={npi}|9999", "display": "Dr"}}],
    }
    entries = [entry("POST", "Patient", patient("1"), UUID), entry("POST", "Encounter", encounter)]
    response = feed.ask("POST", "", bundle("transaction", *entries))
    assert response.status_code == 200, response.text
    stored = response.json()["entry"][1]["resource"]
    assert stored["participant"][0]["individual"] == {"reference": "Practitioner/dr", "display": "Dr"}
    assert "urn:uuid" not in json.dumps(stored)
