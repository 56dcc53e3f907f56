"""What Aggregated reads from requests, and adds to resources, without a server."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.base.ids import aggregated_id
from sandbox.errors import Invalid
from sandbox.fhir.aggregated.linking.identity import PUBLIC_ID
from sandbox.fhir.aggregated.linking.numbers import LONGEST, as_stored, by_public_id
from sandbox.fhir.aggregated.output import carers, enricher, meta
from sandbox.fhir.aggregated.output.questionnaire_requests import (
    MOST_TARGETS,
    NO_EMAIL,
    by_identifier,
    parse_request,
    patients,
    render_references,
)
from sandbox.model import BusinessIdentifier, Resource
from tests.fhir.aggregated.feeds import NHS, NORTHMOOR, TOLA, World
from tests.fhir.aggregated.support import LABEL

Json = dict[str, Any]
TOLA_ID = "4c86625f-13d7-423c-93e9-d58574a12dec"
NUMBER = {"system": NHS, "value": TOLA}
TARGET = {"name": "target", "valueReference": {"reference": "Patient/1"}}
NAMED = {"name": "additionalIdentifier", "valueIdentifier": {"system": "s", "value": "v"}}


def body(*parameters: Any, **more: Any) -> bytes:
    return json.dumps({"resourceType": "Parameters", "parameter": list(parameters), **more}).encode()


def test_a_request_has_targets_an_identifier_and_a_flag():
    plain = parse_request(body(TARGET))
    assert (plain.targets, plain.identifier, plain.email_patient) == (({"reference": "Patient/1"},), None, True)
    whole = parse_request(body(TARGET, NAMED, {"name": "notificationFlag", "valueCode": NO_EMAIL},
                        {"name": "target", "valueReference": {"identifier": NUMBER}}))  # fmt: skip
    assert whole.targets == ({"reference": "Patient/1"}, {"identifier": NUMBER})
    assert (whole.identifier, whole.email_patient) == (BusinessIdentifier(system="s", value="v"), False)
    older = parse_request(body(TARGET, {"name": "notificationFlag", "valueBoolean": True}))
    assert older.email_patient
    assert len(parse_request(body(*[TARGET] * MOST_TARGETS)).targets) == MOST_TARGETS


BODIES: dict[str, tuple[bytes, str]] = {
    "no object": (b"[]", ""),
    "another resource": (b'{"resourceType": "Patient"}', ""),
    "no parameters": (b'{"resourceType": "Parameters"}', "parameter"),
    "a parameter that is no object": (body("x"), "parameter"),
    "no target": (body(NAMED), "target"),
    "too many targets": (body(*[TARGET] * (MOST_TARGETS + 1)), "target"),
    "a target without a reference": (body({"name": "target"}), "target"),
    "a target of another type": (body({"name": "target", "valueReference": {"reference": "Group/1"}}), "target"),
    "an incomplete target": (body({"name": "target", "valueReference": {"identifier": {"system": "s"}}}), "target"),
    "an empty value": (body({"name": "target", "valueReference": {"identifier": {**NUMBER, "value": ""}}}), "target"),
    "a target that refers to a number": (
        body({"name": "target", "valueReference": {"reference": 1, "identifier": NUMBER}}),
        "target",
    ),
    "two identifiers": (body(TARGET, NAMED, NAMED), "additionalIdentifier"),
    "an incomplete identifier": (
        body(TARGET, {"name": "additionalIdentifier", "valueIdentifier": {"system": "s"}}),
        "additionalIdentifier",
    ),
    "no identifier in it": (body(TARGET, {"name": "additionalIdentifier"}), "additionalIdentifier"),
    "another flag": (body(TARGET, {"name": "notificationFlag", "valueCode": "x"}), "notificationFlag"),
    "two flags": (body(TARGET, *[{"name": "notificationFlag", "valueCode": NO_EMAIL}] * 2), "notificationFlag"),
    "an unknown parameter": (body(TARGET, {"name": "colour"}), "colour"),
}


@pytest.mark.parametrize("name", BODIES)
def test_another_request_is_refused_with_its_parameter(name: str):
    content, where = BODIES[name]
    with pytest.raises(Invalid) as refused:
        parse_request(content)
    assert refused.value.where == where


def test_the_patients_of_a_request_are_those_of_the_organisation():
    store = World().store
    reference = {"reference": f"Patient/{aggregated_id(TOLA_ID)}"}
    older = {"identifier": {"system": PUBLIC_ID[1], "value": TOLA_ID.upper()}}
    targets = (reference, {"identifier": NUMBER}, {"identifier": {**NUMBER, "value": "9990000018"}}, older)
    assert [patient.id for patient in patients(store, targets, NORTHMOOR)] == [TOLA_ID] * 3
    assert list(patients(store, targets, "another organisation")) == []
    assert by_identifier(store, PUBLIC_ID[0], "nobody") == []
    assert [patient.id for patient in by_identifier(store, NHS, TOLA)] == [TOLA_ID]
    assert render_references([]) == {"resourceType": "Parameters"}
    assert render_references(["a"])["parameter"] == [{"name": "request", "valueReference": {"reference": "a"}}]


ONE = ("patient:Patient.identifier", "s|v")


def test_carers_are_asked_for_by_one_identifier():
    assert carers.patient_identifier([ONE, ("_format", "json"), ("_pretty", "true")]) == "s|v"
    assert carers.patient_identifier([(ONE[0], "s|v|w")]) == "s|v|w"
    for pairs in ([], [ONE, ONE], [ONE, ("x", "y")], [("patient", "s|v")], *([(ONE[0], v)] for v in ("s", "s|", "|v"))):
        with pytest.raises(Invalid):
            carers.patient_identifier(pairs)


def test_the_bundle_of_carers_has_entries_only_where_there_are_any():
    resource = {"resourceType": "Consent", "id": "1"}
    bundle = carers.bundle("b", [resource])
    assert (bundle["total"], bundle["entry"][0]["fullUrl"], bundle["entry"][0]["resource"]) == (
        1, "b/Consent/1", resource,
    )  # fmt: skip
    assert carers.bundle("b", []) == {"resourceType": "Bundle", "type": "searchset", "total": 0}


SPELLINGS: list[tuple[str, str, str, str]] = [
    ("Patient", "identifier", f"{NHS}|999-100 1379", f"{NHS}|9991001379"),
    ("Patient", "identifier", "999-100 1379", "999-100 1379,9991001379"),
    ("Patient", "identifier", "9991001379", "9991001379"),
    ("Patient", "identifier", f"x|1,{NHS}|999 100 1379", f"x|1,{NHS}|9991001379"),
    ("Patient", "identifier", "|999 100 1379", "|999 100 1379"),
    ("Patient", "identifier", f"{NHS}|a|b", f"{NHS}|a|b"),
    ("Patient", "family", "999 100 1379", "999 100 1379"),
    ("Patient", "identifier", "1" * (LONGEST + 1), "1" * (LONGEST + 1)),
    ("Condition", "identifier", "999 100 1379", "999 100 1379"),
    ("Condition", "identifier", f"{NHS}|999 100 1379", f"{NHS}|9991001379"),
    ("Condition", "subject:Patient.identifier", "999 100 1379", "999 100 1379,9991001379"),
    ("Condition", "patient.identifier:not", "999 100 1379", "999 100 1379,9991001379"),
    ("Condition", "asserter:Practitioner.identifier", "999 100 1379", "999 100 1379"),
]


@pytest.mark.parametrize(("type_", "name", "value", "stored"), SPELLINGS)
def test_a_number_is_searched_for_in_the_spelling_that_is_stored(type_: str, name: str, value: str, stored: str):
    assert as_stored(type_, [(name, value)]) == [(name, stored)]


def test_a_public_id_has_one_system():
    assert by_public_id([("identifier", f"{PUBLIC_ID[1]}|1,x|2")]) == [("identifier", f"{PUBLIC_ID[0]}|1,x|2")]


AT, LATER = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, 1, 2, 3, 456_789, tzinfo=UTC)
SOURCES = {"organisation": "Organization/o", "team": "Organization/t", "patient": "Patient/p"}


def test_meta_has_the_sender_s_parts_and_pkb_s():
    own = {"system": "http://x", "code": "R"}
    sent_meta = {"profile": ["p"], "source": "s", "tag": [], "versionId": "1", "security": [
        own, {"code": "no system"}, {"system": LABEL, "code": "SOCIAL_CARE"}]}  # fmt: skip
    built = meta.of_copied(sent_meta, created_at=AT, persisted_at=LATER, recorded="2026", route="WEBAPP",
                           label="GENERAL_HEALTH", sources=SOURCES)  # fmt: skip
    assert list(built) == ["profile", "source", "tag", "extension", "security"]
    assert [row["code"] for row in built["security"]] == ["R", "no system", "GENERAL_HEALTH", "o", "t", "p"]
    assert [row["url"].rpartition("/")[2] for row in built["extension"]] == [
        "recorded-date", "source-organisation", "source-team", "source-person", "access-route",
        "version-persisted", "ex:createdAt",
    ]  # fmt: skip
    assert built["extension"][-2]["valueDateTime"] == "2026-03-02T01:02:03.456+00:00"
    assert built["extension"][-1]["valueInstant"] == "2026-03-01T00:00:00.000000Z"
    bare = meta.of_copied({}, created_at=AT, persisted_at=AT, recorded="", route="x", label="", sources={})
    assert "security" not in bare
    assert bare["extension"][0]["valueCoding"] == {"system": f"{meta.CODES}/access-route", "code": "x"}
    assert "display" in built["extension"][4]["valueCoding"]


def resource(type_: str, **elements: Any) -> Resource:
    content = {"resourceType": type_, "id": "1", **elements}
    return Resource(endpoint="aggregated", type=type_, logical_id="1", version=1, created_at=AT, updated_at=AT,
                    method="PUT", text=json.dumps(content, separators=(",", ":")))  # fmt: skip


@pytest.mark.parametrize(
    ("row", "elements"),
    [
        (resource("QuestionnaireResponse", questionnaire="Questionnaire/q"), {"questionnaire": "b/Questionnaire/q"}),
        (resource("QuestionnaireResponse", questionnaire="http://q"), {"questionnaire": "http://q"}),
        (resource("QuestionnaireResponse", subject={"reference": "Questionnaire/q"}),
         {"subject": {"reference": "Questionnaire/q"}}),
        (resource("Task", questionnaire="Questionnaire/q"), {"questionnaire": "Questionnaire/q"}),
        (resource("Appointment", specialty=[{"text": "x"}, {"coding": [{"code": "y"}]}]),
         {"specialty": [{"text": "x"}, {"coding": [{"code": "y"}]}]}),
        (resource("Appointment", comment="x"), {"comment": "x"}),
    ],
)  # fmt: skip
def test_the_address_of_a_questionnaire_is_that_of_the_request(row: Resource, elements: Json):
    text = enricher.enriched_text(World().store, row, "b")
    assert json.loads(text) == {"resourceType": row.type, "id": "1", **elements}


def test_a_specialty_has_the_name_of_its_source_unless_it_has_one():
    names = {"100": "Surgery", "200": ""}
    concept = {"coding": [{"code": "100"}, {"code": "100", "display": "own"}, {"code": "200"}, {"display": "x"}]}
    assert enricher._named(concept, names)["coding"] == [
        {"code": "100", "display": "Surgery"}, {"code": "100", "display": "own"}, {"code": "200"}, {"display": "x"},
    ]  # fmt: skip
    assert enricher._named({"text": "x"}, names) == {"text": "x"}
