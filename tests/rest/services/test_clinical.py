"""Medications, allergies, diagnoses, results and care plans.

Sources: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3738402817 (medication), 3736141825 (allergy), 3744006145
(lab report), 3743252481 (care plan)
"""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.model import LabResult
from tests.rest.support import ask, assert_error, assert_object, call, token_of
from tests.support import Client

FIXTURES = Path(__file__).parents[3] / "fixtures/hl7"
TOLA, RHYS, SAMIRA = "5001", "5010", "5006"
MEDICATION = {
    "substance": {
        "displayText": "Ramipril 5 mg capsules",
        "codings": [{"codeSystem": "http://snomed.info/sct", "code": "318851002"}],
    },
    "startDate": "2025-09-01",
    "frequency": "once daily",
    "doseValue": 1,
    "doseUnit": "capsule",
}
PID = "PID|1||9991001379^^^NHS^NH||Adeyemi^Tola\r"
MSH = "MSH|^~\\&|A|B|PKB|PKB|20260301120000||{}|m-{}|P|2.4\r"


# --- medications ---


def test_a_patient_adds_and_replaces_a_medication(pkb: Client):
    stored = ask(pkb, "POST", "/v1/medications", "PATIENT", json=MEDICATION)
    assert_object(stored, "medication")
    assert stored["substance"]["codings"] == [
        {"displayText": "Ramipril 5 mg capsules", "code": "318851002", "codeSystem": "http://snomed.info/sct"}
    ]
    assert (stored["startDate"], stored["endDate"], stored["doseValue"]) == ("2025-09-01", None, "1")
    body = {**MEDICATION, "id": stored["id"], "frequency": None, "endDate": "2025-10-01"}
    changed = ask(pkb, "PUT", "/v1/medications", "PATIENT", json=body)
    assert changed == {**stored, "frequency": None, "endDate": "2025-10-01"}


def test_active_medications_are_those_without_an_end_in_the_past(pkb: Client):
    for end in ("2025-10-01", "2199-01-01", None):
        ask(pkb, "POST", "/v1/medications", "PATIENT", json={**MEDICATION, "endDate": end})
    for caller, path in (("PATIENT", "/v1/medications"), ("CLINICIAN", f"/v1/medications/forPatient/{TOLA}")):
        every, active = (ask(pkb, "GET", path + more, caller)["results"] for more in ("", "/active"))
        for medication in every:
            assert_object(medication, "medication")
        assert [medication for medication in every if medication["endDate"] != "2025-10-01"] == active
        assert len(every) == len(active) + 1


def test_data_that_a_hospital_sent_is_listed(pkb: Client):
    message = MSH.format("ADT^A28", "med") + "EVN|A28|20260301\r" + PID + "PV1|1|N\rZRX|^Nightly|M1^Melatonin 2 mg^L\r"
    assert pkb.send(message).code == "AA"
    results = ask(pkb, "GET", "/v1/medications", "PATIENT")["results"]
    assert "Melatonin 2 mg" in [medication["substance"]["displayText"] for medication in results]


def test_a_concept_in_words_has_no_codings(pkb: Client):
    stored = ask(pkb, "POST", "/v1/medications", "PATIENT", json={"substance": {"displayText": "Cod liver oil"}})
    assert stored["substance"] == {"displayText": "Cod liver oil", "codings": None}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/medications", {"substance": {"displayText": "Cod liver oil"}}),
        ("/v1/measurements", {"apiRef": "weight", "value": 64}),
        ("/v1/treatmentPlans", {"name": "Plan"}),
    ],
)
def test_pkbs_word_for_general_health_is_taken_too(pkb: Client, path: str, body: dict[str, Any]):
    stored = ask(pkb, "POST", path, "PATIENT", json={**body, "privacyLabel": "GENERAL"})
    assert stored["privacyLabel"] == "GENERAL_HEALTH"


WRONG_MEDICATIONS = {
    "no substance": {"substance": None},
    "an empty substance": {"substance": {}},
    "a substance that is text": {"substance": "Ramipril"},
    "keys that a concept has not": {"substance": {"text": "Ramipril"}},
    "codings that are no list": {"substance": {"codings": {}}},
    "a coding that is none": {"substance": {"codings": ["x"]}},
    "an end before the start": {"endDate": "2024-01-01"},
    "a day that is none": {"startDate": "2025-02-30"},
    "a day in another form": {"startDate": "20250901"},
    "a day out of reach": {"startDate": "0001-01-01"},
    "a number that is none": {"doseValue": {}},
}


@pytest.mark.parametrize("body", WRONG_MEDICATIONS.values(), ids=WRONG_MEDICATIONS)
def test_an_invalid_medication_is_a_bad_request(pkb: Client, body: dict[str, Any]):
    before = ask(pkb, "GET", "/v1/medications", "PATIENT")
    response = call(pkb, "POST", "/v1/medications", token_of(pkb, "PATIENT"), json={**MEDICATION, **body})
    assert_error(response, 400, "BAD_REQUEST")
    assert ask(pkb, "GET", "/v1/medications", "PATIENT") == before


def test_a_medication_of_another_author_is_not_changed(pkb: Client):
    medication = ask(pkb, "GET", "/v1/medications", "PATIENT")["results"][0]
    token = token_of(pkb, "PATIENT")
    assert_error(
        call(pkb, "PUT", "/v1/medications", token, json={**MEDICATION, "id": medication["id"]}), 403, "FORBIDDEN"
    )
    assert_error(call(pkb, "PUT", "/v1/medications", token, json={**MEDICATION, "id": "1"}), 404, "NOT_FOUND")
    other = pkb.user_token("rhys.delacroix@example.org")
    assert_error(
        call(pkb, "PUT", "/v1/medications", other, json={**MEDICATION, "id": medication["id"]}), 404, "NOT_FOUND"
    )


# --- allergies and diagnoses ---


def test_allergies_are_pkb_s_object(pkb: Client):
    allergies = ask(pkb, "GET", f"/v2-beta/allergies/forPatient/{TOLA}", "CLINICIAN")
    for allergy in allergies:
        assert_object(allergy, "allergy")
    (penicillin,) = [
        allergy for allergy in allergies if allergy["substanceCode"]["displayText"] == "Allergy to penicillin"
    ]
    assert penicillin["onsetOfSymptoms"] == "2019-04-01T00:00:00.000Z"
    assert penicillin["substanceCode"]["codings"] == [
        {"displayText": "Allergy to penicillin", "code": "91936005", "codeSystem": "SNOMED CT"}
    ]


def test_reactions_and_severity_come_from_the_message(pkb: Client):
    al1 = "AL1|1|DA|A1^Nuts^L|SV^Severe|Hives~Wheeze|20200101\r"
    message = MSH.format("ADT^A28", "all") + "EVN|A28|20260301\r" + PID + "PV1|1|N\r" + al1
    assert pkb.send(message).code == "AA"
    allergies = ask(pkb, "GET", f"/v2-beta/allergies/forPatient/{TOLA}", "SITE")
    (nuts,) = [allergy for allergy in allergies if allergy["substanceCode"]["displayText"] == "Nuts"]
    assert [reaction["displayText"] for reaction in nuts["reactions"]] == ["Hives", "Wheeze"]
    assert nuts["severity"]["displayText"] == "Severe"


def test_diagnoses_have_the_keys_of_2014(pkb: Client):
    body = ask(pkb, "GET", "/v1/diagnoses/all", "PATIENT")
    assert set(body) == {"results"}
    for result in body["results"]:
        assert_object(result, "diagnosis-v1")
    assert "2023-06-12" in [result["startDate"] for result in body["results"]]


# --- results ---


def lab(order: str, *obx: str) -> str:
    lines = "".join(f"OBX|{n}|{fields}|||||F|||20260301113000\r" for n, fields in enumerate(obx, 1))
    return MSH.format("ORU^R01", order) + PID + f"OBR|1||{order}|UE^Urea|||20260301113000\r" + lines


def own_results(pkb: Client) -> list[dict[str, Any]]:
    tests = ask(pkb, "GET", "/v2-beta/tests/results", "PATIENT")
    for test in tests:
        assert_object(test, "test-result")
    return tests


def test_a_result_is_a_number_with_its_range_or_a_text(pkb: Client):
    before = len(own_results(pkb))
    message = lab(
        "lab1", "NM|CREA^Creatinine^L||82|umol/L|50-98", "SN|CRP^CRP^L||<^5|mg/L|", "ST|COL^Colour^L||straw||dark"
    )
    assert pkb.send(message).code == "AA"
    by_name = {result["name"]: result for result in own_results(pkb)}
    assert len(own_results(pkb)) == before + 3
    creatinine, crp, colour = by_name["Creatinine"], by_name["CRP"], by_name["Colour"]
    assert (creatinine["value"], creatinine["textValue"], creatinine["unit"]) == ("82", None, "umol/L")
    assert (creatinine["rangeLow"], creatinine["rangeHigh"], creatinine["textRange"]) == ("50", "98", "50-98")
    assert (crp["value"], crp["textValue"]) == (None, "<5")
    assert (colour["value"], colour["textValue"], colour["rangeLow"], colour["textRange"]) == (
        None,
        "straw",
        None,
        "dark",
    )
    assert creatinine["code"]["codings"][0]["code"] == "CREA"


def test_results_are_chosen_by_test(pkb: Client):
    assert pkb.send(lab("lab2", "NM|CREA^Creatinine^L||82|umol/L|", "NM|K^Potassium^L||4.1|mmol/L|")).code == "AA"
    assert pkb.send(lab("lab3", "NM|CREA^Creatinine^L||85|umol/L|")).code == "AA"
    ids = {result["id"] for result in own_results(pkb) if result["name"] == "Creatinine"}
    path = "/v1/tests/results/forPatient/byTestIds"
    for tests in ("CREA", min(ids), f"CREA&testIds={max(ids)}", "CREA,nothing"):
        results = ask(pkb, "GET", f"{path}?patientId={TOLA}&testIds={tests}", "CLINICIAN")["results"]
        assert {result["id"] for result in results} == ids
    assert ask(pkb, "GET", f"{path}?patientId={TOLA}&testIds=nothing", "CLINICIAN") == {"results": []}


@pytest.mark.parametrize("query", ["", f"?patientId={TOLA}", "?testIds=CREA", f"?patientId={TOLA}&testIds=,"])
def test_patient_and_tests_must_be_named(pkb: Client, query: str):
    response = call(pkb, "GET", f"/v1/tests/results/forPatient/byTestIds{query}", token_of(pkb, "CLINICIAN"))
    assert_error(response, 400, "BAD_REQUEST")


# --- care plans ---

PLAN = {"name": "Renal plan", "reviewDate": "2026-08-01", "actionPlan": "<p>Drink.</p>", "red": "<p>999</p>"}


def test_a_patient_writes_a_plan_and_reads_it_with_and_without_content(pkb: Client):
    stored = ask(pkb, "POST", "/v1/treatmentPlans", "PATIENT", json=PLAN)
    assert_object(stored, "treatment-plan")
    assert (stored["actionPlan"], stored["red"], stored["green"]) == ("<p>Drink.</p>", "<p>999</p>", None)
    assert (stored["creatorId"], stored["status"], stored["reviewDate"]) == (TOLA, "ACTIVE", "2026-08-01")
    assert stored in ask(pkb, "GET", "/v1/treatmentPlans/mine", "PATIENT")["results"]
    for caller in ("PATIENT", "CLINICIAN", "TEAMCOORD", "SITE"):
        details = ask(pkb, "GET", f"/v2-beta/careplans/{TOLA}", caller)
        for detail in details:
            assert_object(detail, "care-plan")
        assert {key: stored[key] for key in details[0]} in details
    assert stored in ask(pkb, "GET", f"/treatmentPlans/forPatient/{TOLA}", "CLINICIAN")


def test_a_clinician_says_whose_plan_it_is(pkb: Client):
    stored = ask(pkb, "POST", "/v1/treatmentPlans", "CLINICIAN", json={**PLAN, "patientId": TOLA})
    assert stored["creatorId"] == "3001"
    assert_error(call(pkb, "POST", "/v1/treatmentPlans", token_of(pkb, "CLINICIAN"), json=PLAN), 400, "BAD_REQUEST")
    hidden = call(pkb, "POST", "/v1/treatmentPlans", token_of(pkb, "CLINICIAN"), json={**PLAN, "patientId": "5002"})
    assert_error(hidden, 404, "NOT_FOUND")


def test_a_plan_needs_a_name(pkb: Client):
    for name in ("", None):
        response = call(pkb, "POST", "/v1/treatmentPlans", token_of(pkb, "PATIENT"), json={**PLAN, "name": name})
        assert_error(response, 400, "BAD_REQUEST", "name is missing")


def test_a_draft_shows_to_those_who_wrote_it(pkb: Client):
    body = {"patientId": TOLA, "name": "Draft", "status": "INDRAFT"}
    stored = ask(pkb, "POST", "/v1/treatmentPlans", "CLINICIAN", json=body)
    assert (stored["status"], stored["actionPlan"]) == ("INDRAFT", None)
    assert stored in ask(pkb, "GET", f"/treatmentPlans/forPatient/{TOLA}", "SITE")
    assert stored not in ask(pkb, "GET", "/v1/treatmentPlans/mine", "PATIENT")["results"]


def test_a_plan_that_a_hospital_sent_shows_its_html_and_no_pdf(pkb: Client):
    text = (FIXTURES / "mdm_t02_care_plan.hl7").read_text(encoding="utf-8").replace("\n", "\r")
    assert pkb.send(text).code == "AA"
    plans = ask(pkb, "GET", "/v1/treatmentPlans/mine", "PATIENT")["results"]
    (knee,) = [plan for plan in plans if plan["name"] == "Knee rehabilitation plan"]
    assert (knee["actionPlan"], knee["creatorId"], knee["red"]) == ("<p>Walk 20 minutes daily.</p>", None, None)
    pdf = base64.b64encode(b"%PDF-1.4").decode()
    assert pkb.send(text.replace("TEXT^HTML^A^<p>Walk 20 minutes daily.</p>", f"TEXT^PDF^Base64^{pdf}")).code == "AA"
    (replaced,) = [
        plan for plan in ask(pkb, "GET", "/v1/treatmentPlans/mine", "PATIENT")["results"] if plan["id"] == knee["id"]
    ]
    assert (replaced["actionPlan"], replaced["createdDate"]) == (None, knee["createdDate"])


def test_an_entry_is_stored_as_its_own_kind_only(pkb: Client):
    before = pkb.control(f"/records/{TOLA}")
    ask(pkb, "POST", "/v1/measurements", "PATIENT", json={"apiRef": "weight", "value": 64})
    ask(pkb, "POST", "/v1/medications", "PATIENT", json=MEDICATION)
    ask(pkb, "POST", "/v1/treatmentPlans", "PATIENT", json=PLAN)
    after = pkb.control(f"/records/{TOLA}")
    grown = {key for key in after if key != "patient" and len(after[key]) > len(before[key])}
    assert grown == {"measurements", "medications", "care_plans", "attachments"}


def test_a_result_that_is_held_back_shows_to_the_patient_without_what_it_says(pkb: Client):
    assert pkb.send(lab("lab4", "NM|CREA^Creatinine^L||82|umol/L|50-98")).code == "AA"
    store = pkb.server.workspaces.default.store
    result = next(lab_result for lab_result in store.all(LabResult) if lab_result.code.code == "CREA")
    store.put(replace(result, released_at=result.entered_at + timedelta(days=36500)))
    (held,) = [result for result in own_results(pkb) if result["name"] == "Creatinine"]
    assert {held[key] for key in ("value", "textValue", "unit", "rangeLow", "textRange", "comments")} == {None}
    path = f"/v1/tests/results/forPatient/byTestIds?patientId={TOLA}&testIds=CREA"
    (seen,) = ask(pkb, "GET", path, "CLINICIAN")["results"]
    assert seen["value"] == "82"
