"""A patient's record in the control API: by any id, with its files, and nothing of anybody else."""

from __future__ import annotations

from jsonschema import Draft202012Validator

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
    other = next(one["id"] for one in pkb.control("/world")["patients"] if one["nhs_number"] != ADEYEMI)
    assert pkb.http.get(f"/_sandbox/records/{other}/attachments/{file['id']}").status_code == 404
