"""A patient's record in the control API: by any id, with its files, and nothing of anybody else."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.control.test_control_api import assert_problem
from tests.control.test_openapi import DOCUMENT
from tests.hl7.clinical import ADEYEMI, accepted, record
from tests.hl7.samples import example
from tests.support import Client


def test_a_record_is_found_by_public_id_legacy_id_and_national_number(pkb: Client):
    by_number = record(pkb)
    patient = by_number["patient"]
    assert record(pkb, patient["id"]) == record(pkb, str(patient["legacy_id"])) == by_number
    assert "password" not in patient


def test_a_record_is_as_the_document_says(pkb: Client):
    accepted(pkb, example("mdm_t02_document"), example("oru_r01_laboratory"), example("adt_a05"))
    answer = DOCUMENT["paths"]["/records/{patient}"]["get"]["responses"]["200"]
    Draft202012Validator(answer["content"]["application/json"]["schema"]).validate(record(pkb))
    (file,) = record(pkb)["attachments"]
    assert "content" not in file


def test_an_unknown_patient_document_or_file_is_not_found(pkb: Client):
    paths = (f"/records/{ADEYEMI}/attachments/x", "/records/x", "/records/0", "/records/9998120039", "/records/%2e%2e")
    assert {pkb.http.get(f"/_sandbox{path}").status_code for path in paths} == {404}
    assert pkb.http.post(f"/_sandbox/records/{ADEYEMI}/documents/x/read").status_code == 404


def test_a_file_of_another_patient_is_not_found(pkb: Client):
    accepted(pkb, example("mdm_t02_document"))
    (file,) = record(pkb)["attachments"]
    other = next(patient["id"] for patient in pkb.control("/world")["patients"] if patient["nhs_number"] != ADEYEMI)
    assert pkb.http.get(f"/_sandbox/records/{other}/attachments/{file['id']}").status_code == 404


NORTHMOOR, EASTGATE = "ab0469a5-c2ba-4ff7-b9d4-9080df2db07e", "771c41ae-3218-4492-a2a3-f5b7aae8ec3d"


def local_number(pkb: Client, patient: dict[str, Any], organisation: str) -> str:
    """The number that an organisation gave to a patient of the default world."""
    configuration = pkb.control(f"/organisations/{organisation}/configuration")
    kinds = {kind["id"] for kind in configuration["local_id_types"]}
    return next(identifier["value"] for identifier in patient["identifiers"] if identifier["type"] in kinds)


@pytest.mark.parametrize("spelling", ["999 100 1379", "999-100-1379", "9991001379"])
def test_a_national_number_is_found_in_each_spelling(pkb: Client, spelling: str):
    assert record(pkb, spelling)["patient"]["id"] == record(pkb)["patient"]["id"]


def test_a_record_is_found_by_the_number_of_an_organisation(pkb: Client):
    tola = pkb.patient("Registered")
    number = local_number(pkb, tola, NORTHMOOR)
    assert record(pkb, number)["patient"]["id"] == tola["id"]
    assert record(pkb, f"{number}?organisation={NORTHMOOR}")["patient"]["id"] == tola["id"]
    assert pkb.http.get(f"/_sandbox/records/{number}?organisation={EASTGATE}").status_code == 404


def shared_number(pkb: Client) -> tuple[str, str, str]:
    """A number that two organisations gave to two patients, and the public ids of those, Northmoor's first."""
    number = local_number(pkb, pkb.patient("Registered"), NORTHMOOR)
    eastgate = pkb.control(f"/organisations/{EASTGATE}/configuration")["local_id_types"][0]
    message = er7_of(number, eastgate)
    assert pkb.send(message, "org_eastgate").code == "AA"
    other = next(p for p in pkb.control("/world")["patients"] if p["name"] == "Second Holder")
    return number, pkb.patient("Registered")["id"], other["id"]


def er7_of(number: str, kind: dict[str, Any]) -> str:
    identifier = f"{number}^^^{kind['assigning_authority']}^{kind['type_code']}"
    return (
        "MSH|^~\\&|X|EG|PKB|PKB|20260101120000||ADT^A28|shared-1|P|2.4\r"
        f"PID|||{identifier}||Holder^Second||19700101|F\r"
    )


def test_a_number_of_two_organisations_needs_the_organisation(pkb: Client):
    number, northmoor, eastgate = shared_number(pkb)
    response = pkb.http.get(f"/_sandbox/records/{number}")
    assert_problem(response, 409, "?organisation=")
    assert NORTHMOOR in response.json()["detail"]
    assert EASTGATE in response.json()["detail"]
    assert record(pkb, f"{number}?organisation={NORTHMOOR}")["patient"]["id"] == northmoor
    assert record(pkb, f"{number}?organisation={EASTGATE}")["patient"]["id"] == eastgate
    frozen = pkb.http.post(f"/_sandbox/records/{number}/freeze", json={"frozen": True})
    assert_problem(frozen, 409)
    frozen = pkb.http.post(f"/_sandbox/records/{number}/freeze?organisation={EASTGATE}", json={"frozen": True})
    assert frozen.json()["id"] == eastgate


def test_an_unknown_organisation_is_refused(pkb: Client):
    assert_problem(pkb.http.get("/_sandbox/records/9991001379?organisation=x"), 400, "not the id of an organisation")


def test_a_record_shows_its_consents(pkb: Client):
    shown_record = record(pkb)
    assert list(shown_record)[:2] == ["patient", "consents"]
    assert {consent["patient"] for consent in shown_record["consents"]} == {shown_record["patient"]["id"]}
    grantees = {(consent["grantee"]["kind"], consent["grantee"]["id"]) for consent in shown_record["consents"]}
    assert ("team", "b1fca6de-884d-4803-b760-ebd7f8cac475") in grantees
    assert all({"id", "labels", "discharged"} <= set(consent) for consent in shown_record["consents"])
