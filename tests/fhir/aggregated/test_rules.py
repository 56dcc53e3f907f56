"""The rules of aggregation one by one: labels, references, numbers, and what the statement offers."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.base import datafiles
from sandbox.fhir.aggregated import endpoint, offer
from sandbox.fhir.aggregated.intake.labels import SYSTEM, label_of
from sandbox.fhir.aggregated.references import (
    Unaggregated,
    at_path,
    referred_names,
    relative_reference,
    rewrite_references,
)
from sandbox.fhir.base.capability import compile_statement
from sandbox.fhir.base.json import Number, parse_stored, render
from tests.fhir.aggregated.feeds import World, condition, organization, patient
from tests.fhir.aggregated.support import Aggregated, codes, extension, feed
from tests.support import Client, assert_operation_outcome

Json = dict[str, Any]
ROBIN = "9991016449"
SNOMED = "http://snomed.info/sct"
MAPPING = {SNOMED: {"105629000": "SEXUAL_HEALTH"}}


def labelled(*security: Json, code: str = "") -> Json:
    coded = {"code": {"coding": [{"system": SNOMED, "code": code}]}} if code else {}
    return {"resourceType": "Condition", "meta": {"security": list(security)}, **coded}


LABELS = {
    "its own": (labelled({"system": SYSTEM, "code": "SOCIAL_CARE"}, code="105629000"), "SOCIAL_CARE"),
    "by its code": (labelled(code="105629000"), "SEXUAL_HEALTH"),
    "another code": (labelled(code="1"), ""),
    "of another system": (labelled({"system": "urn:x", "code": "SOCIAL_CARE"}), ""),
    "none": ({"resourceType": "Questionnaire", "code": [{"system": SNOMED, "code": "105629000"}]}, ""),
}


@pytest.mark.parametrize(("resource", "label"), LABELS.values(), ids=LABELS)
def test_a_resource_has_one_privacy_label(resource: Json, label: str) -> None:
    assert label_of(resource, MAPPING) == label


def test_a_customer_s_own_mapping_decides_where_the_resource_says_nothing(pkb: Client):
    path = f"/_sandbox/organisations/{pkb.organisation()}/configuration"
    code_sets = {"code_sets": {"semantic_labels": MAPPING}}
    assert pkb.http.put(path, json=code_sets).status_code == 200
    customer = feed(pkb, "northmoor-r4")
    customer.put(patient(number=ROBIN))
    customer.put(condition(code={"coding": [{"system": SNOMED, "code": "105629000"}]}))
    conditions = Aggregated(pkb).of("Condition", ROBIN)
    (mapped,) = [condition for condition in conditions if extension(condition, "access-route")["code"] == "FHIR_API"]
    assert codes(mapped)["privacy-label"] == "SEXUAL_HEALTH"


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("Patient/1", "Patient/1"),
        ("http://epr.example/fhir/Patient/1", "Patient/1"),
        ("https://epr.example/Patient/1/_history/3", "Patient/1"),
    ],
)
def test_a_reference_is_made_relative(reference: str, expected: str) -> None:
    assert relative_reference(reference) == expected


@pytest.mark.parametrize("reference", ["#1", "urn:uuid:x", "Patient?name=x", "patient/1", "Patient/", "Patient", ""])
def test_a_reference_that_leads_nowhere(reference: str) -> None:
    with pytest.raises(Unaggregated):
        relative_reference(reference)


def test_references_are_found_and_rewritten_everywhere() -> None:
    resource = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": "Questionnaire/1",
        "subject": {"reference": "http://x/Patient/1"},
        "item": [{"answer": [{"valueReference": {"reference": "Device/1"}}]}],
        "extension": [{"url": "urn:x", "valueReference": {"display": "nobody"}}],
    }
    assert set(referred_names(resource)) == {"Questionnaire/1", "Patient/1", "Device/1"}
    new = parse_stored(rewrite_references(render(resource), lambda reference: reference.replace("/1", "/2")))
    assert new["questionnaire"] == "Questionnaire/2"
    assert new["subject"] == {"reference": "Patient/2"}
    assert new["item"][0]["answer"][0]["valueReference"] == {"reference": "Device/2"}
    assert referred_names({**resource, "questionnaire": "http://x/Questionnaire/1"}) == ("Patient/1", "Device/1")
    assert at_path({"participant": [{"actor": {"reference": "a"}}, {"actor": {}}, {}]}, "participant.actor") == ["a"]


def test_a_questionnaire_by_its_canonical_address_is_left_as_it_is() -> None:
    world = World()
    world.put("r4", organization())
    world.put("r4", patient())
    questionnaire_response = {"resourceType": "QuestionnaireResponse", "id": "q", "status": "completed"}
    canonical = "http://northmoor.example/Questionnaire/1"
    assert (
        world.put("r4", {**questionnaire_response, "questionnaire": canonical, "subject": {"reference": "Patient/p"}})
        == ""
    )
    assert world.target("r4", "QuestionnaireResponse", "q")["questionnaire"] == canonical


def test_a_label_that_is_unset_stays_unset() -> None:
    world = World()
    world.put("r4", organization())
    world.put("r4", patient())
    world.put("r4", condition())
    assert "privacy-label" not in codes(world.target("r4", "Condition", "c"))


def test_numbers_of_pkb_keep_their_digits() -> None:
    assert render({"value": Number("2.50")}) == '{"value":2.50}'


def test_the_statement_decides_what_is_offered(pkb: Client, monkeypatch: pytest.MonkeyPatch):
    statement = datafiles.read_json(datafiles.path("capability_statements/aggregated.json"))
    rules = datafiles.read_toml(datafiles.path("capability_statements/aggregated.toml"))
    for row in statement["rest"][0]["resource"]:
        if row["type"] == "Condition":
            row["interaction"] = [{"code": "search-type"}]
        if row["type"] == "Appointment":
            row["searchParam"] = []
    edited = compile_statement(statement, rules)
    for module in (endpoint, offer):
        monkeypatch.setattr(module, "offered", lambda: edited)
    aggregated = Aggregated(pkb)
    (condition, *_) = aggregated.search("/Condition")
    assert_operation_outcome(aggregated.ask(f"/Condition/{condition['id']}"), 405, "not-supported")
    strict = {"Prefer": "handling=strict"}
    assert aggregated.ask("/Appointment?date=2026", headers=strict).status_code == 400
