"""Parameters of provider states: whom and what they choose, and the refusal of each bad value."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.model import Credential, Organisation, Patient, Questionnaire, Team
from tests.control.test_control_api import assert_problem
from tests.pact.support import post, set_up, take_back
from tests.support import EASTGATE, NORTHMOOR, Client

BOOKED = "an appointment is booked"

BAD = {
    "an unknown parameter": ("the clock is frozen", {"x": 1}, 400, "params: unknown parameter 'x'"),
    "text that is a list": (BOOKED, {"subject": []}, 400, "params.subject must be text"),
    "text that is blank": (BOOKED, {"subject": " "}, 400, "params.subject must be text"),
    "text that is too long": (BOOKED, {"subject": "x" * 1001}, 400, "params.subject must be text"),
    "a segment in text": (BOOKED, {"subject": "x\rPID|"}, 400, "params.subject must be text"),
    "a day": ("a patient exists", {"date_of_birth": "2001-02-30"}, 400, "params.date_of_birth must be a date"),
    "an instant": (BOOKED, {"start": "soon"}, 400, "params.start must be an ISO 8601 time"),
    "a duration": ("the clock has advanced", {"by": "1h"}, 400, "params.by must be an ISO 8601 duration"),
    "a time that no clock has": ("the clock is frozen", {"at": "1200-01-01"}, 400, "at must keep the clock"),
    "a long duration": ("the clock has advanced", {"by": "P2000Y"}, 400, "advance must keep the clock within"),
    "a whole number": ("PKB is unavailable", {"first": "one"}, 400, "params.first must be a whole number"),
    "an api": ("PKB is unavailable", {"api": "x"}, 400, "params.api must be one of: hl7"),
    "a number": ("a result is reported", {"value": "high"}, 400, "params.value must be a number"),
    "a number without end": ("a result is reported", {"value": "1e99"}, 400, "params.value must be a number of at"),
    "labels": ("a team has consent", {"labels": ["x"]}, 400, "params.labels must be a list of: GENERAL_HEALTH"),
    "a patient": (BOOKED, {"patient": "x"}, 404, "No patient x"),
    "an organisation": (BOOKED, {"organisation": "x"}, 400, "params.organisation must be the id of an organisation"),
    "a client": ("a client exists", {"client": "x"}, 400, "params.client must be the id of a credential"),
    "a client without tokens": ("a client has an access token", {"client": "org_northmoor"}, 400, "params.client must"),
    "a client that is no app": ("a person has signed in", {"client": "org_northmoor"}, 400, "params.client must be"),
    "a person": ("a person has signed in", {"user": "x"}, 409, "The person does not exist, or cannot sign in"),
    "a team": ("a team has consent", {"team": "x"}, 400, "params.team must be the id of a team"),
    "a type": ("a measurement is entered", {"type": "x"}, 400, "params.type must be one of: "),
    "a value too few": ("a measurement is entered", {"type": "bloodPressure"}, 400, "bloodPressure needs two values"),
    "a questionnaire": ("a questionnaire is requested", {"questionnaire": "x"}, 400, "params.questionnaire must be"),
    "a number that is in use": ("no patient has the NHS number", {"nhs_number": 9991001379}, 409, "A patient has"),
    "an invalid number": ("a patient exists", {"nhs_number": "9991001370"}, 409, "PKB refuses the message adt_a28"),
}


@pytest.mark.parametrize(("state", "params", "status", "detail"), BAD.values(), ids=BAD)
def test_a_bad_value_is_refused_and_named(pkb: Client, state: str, params: dict[str, Any], status: int, detail: str):
    assert_problem(post(pkb, state=state, params=params), status, detail)
    assert pkb.control("/checkpoints") == {"checkpoints": []}


def test_a_patient_is_made_with_the_demographics(pkb: Client):
    params = {"nhs_number": 9998120012, "family_name": "O'Neill & Söhne", "given_name": "Ana", "sex": "M"}
    values = set_up(pkb, "a patient exists", **params, date_of_birth="1991-06-23", email="ana@example.org")
    patient = pkb.control("/records/9998120012")["patient"]
    assert patient["id"] == values["patient_id"]
    assert values["family_name"] == patient["name"]["family"] == "O'Neill & Söhne"
    assert (patient["gender"], patient["date_of_birth"]) == ("MALE", "1991-06-23")
    assert values["email"] == "ana@example.org"
    assert not patient["registered"]


def test_the_number_of_an_existing_patient_chooses_them(pkb: Client):
    before = pkb.control("/records/9991001379")
    assert set_up(pkb, "a patient exists", nhs_number="9991001379")["family_name"] == "Adeyemi"
    assert pkb.control("/records/9991001379") == before


def test_demographics_beside_the_number_of_a_patient_update_the_record(pkb: Client):
    before = pkb.control("/records/9991001379")["patient"]
    set_up(pkb, "a patient exists", nhs_number="9991001379", given_name="Tolu")
    after = pkb.control("/records/9991001379")["patient"]
    assert after["name"]["given"] == "Tolu"
    assert {key: after[key] for key in ("id", "gender", "address", "date_of_birth")} == {
        key: before[key] for key in ("id", "gender", "address", "date_of_birth")
    }


@pytest.mark.parametrize("id_", ["legacy_id", "nhs_number", "id"])
def test_a_patient_is_named_by_any_identifier(pkb: Client, id_: str):
    patient = pkb.patient("Not registered")
    assert set_up(pkb, BOOKED, patient=patient[id_])["patient_id"] == patient["id"]


def test_a_patient_who_is_named_comes_to_fit(pkb: Client):
    values = set_up(pkb, "a patient is not registered")
    registered = set_up(pkb, "a patient is registered", patient=values["patient_id"])
    assert registered["email"].startswith("pact-")
    set_up(pkb, "a patient has died", patient=values["patient_id"])
    patient = pkb.control(f"/records/{values['patient_id']}")["patient"]
    assert (patient["registered"], patient["deceased"]) == (True, True)


def test_a_new_patient_registers_and_dies(pkb: Client):
    died = set_up(pkb, "a patient has died", family_name="Quill")
    assert pkb.control(f"/records/{died['patient_id']}")["patient"]["deceased"]
    signed_in = set_up(pkb, "a person has signed in", patient=set_up(pkb, "a patient is not registered")["patient_id"])
    assert signed_in["scope"] == "PATIENT"


def test_nobody_comes_back_from_the_dead_or_leaves_pkb(pkb: Client):
    for reason in ("Deceased", "Registered, reads her own record"):
        patient = pkb.patient(reason)["id"]
        refused = post(pkb, state="a patient is not registered", params={"patient": patient})
        assert_problem(refused, 409, f"The patient {patient} is registered, or has died")


def test_a_patient_without_nhs_number_gets_no_message(pkb: Client):
    patient = next(row for row in pkb.control("/world")["patients"] if not row["nhs_number"])
    assert_problem(post(pkb, state=BOOKED, params={"patient": patient["id"]}), 409, "The patient")


def test_the_first_who_fits_is_of_the_organisation(pkb: Client):
    eastgate = pkb.organisation(EASTGATE)
    values = set_up(pkb, "a patient is registered", organisation=eastgate)
    patient = next(row for row in pkb.control("/world")["patients"] if row["id"] == values["patient_id"])
    assert eastgate in patient["organisations"]
    assert values["organisation_id"] == eastgate != pkb.organisation(NORTHMOOR)


def test_labels_and_team_are_those_of_the_parameters(pkb: Client):
    renal = next(row for row in pkb.control("/world")["organisations"][0]["teams"] if row["name"] == "Northmoor Renal")
    for labels in (["SOCIAL_CARE"], "SOCIAL_CARE"):
        values = set_up(pkb, "a team has consent", team=renal["id"], labels=labels)
        consents = pkb.control(f"/records/{values['patient_id']}")["consents"]
        assert next(row for row in consents if row["id"] == values["consent_id"])["labels"] == ["SOCIAL_CARE"]
    set_up(pkb, "consent is withdrawn", team=renal["id"])
    consents = pkb.control(f"/records/{values['patient_id']}")["consents"]
    assert next(row for row in consents if row["id"] == values["consent_id"])["labels"] == []


def test_a_customer_system_client_gets_a_token_of_its_own_issuer(pkb: Client):
    values = set_up(pkb, "a client has an access token", client="northmoor-fhir")
    bearer = {"Authorization": f"Bearer {values['access_token']}"}
    assert pkb.http.get("/customer/northmoor-r4/fhir/Patient", headers=bearer).status_code == 200
    expired = set_up(pkb, "an access token has expired")  # of the client of the state before, if it is of the kind
    assert expired["client_id"] == "letterbox-facade"


def test_a_professional_signs_in(pkb: Client):
    user = next(row for row in pkb.control("/world")["users"] if row["scope"] == "CLINICIAN")
    app = next(c for c in pkb.control("/credentials")["credentials"] if "users" in c and user["id"] in str(c["users"]))
    values = set_up(pkb, "a person has signed in", client=app["client_id"], user=user["id"])
    assert (values["user_id"], values["scope"]) == (user["id"], "CLINICIAN")


def test_a_fault_has_the_conditions_of_the_parameters(pkb: Client):
    params = {"api": "facade", "client": "letterbox-facade", "first": 1, "retry_after": 7}
    set_up(pkb, "PKB is unavailable", **params)
    (rule,) = pkb.control("/faults")["rules"]
    assert rule.items() >= {**params, "status": 503}.items()
    take_back(pkb, "PKB is unavailable")


def test_a_message_that_changes_nothing_is_told(pkb: Client):
    frozen = {"at": "2020-01-01T00:00:00Z"}  # older than the records
    set_up(pkb, "the clock is frozen", **frozen)
    changed = post(pkb, state="a patient exists", params={"nhs_number": "9991001379", "family_name": "Quill"})
    assert_problem(changed, 409, "PKB does not apply the demographics of 'a patient exists'")
    set_up(pkb, "the clock is frozen", **frozen)
    older = post(pkb, state="a patient has died", params={"patient": pkb.patient("Not registered")["id"]})
    assert_problem(older, 409, "PKB does not apply the message about the patient's death")


def test_a_questionnaire_that_is_a_draft_is_not_sent(pkb: Client):
    draft = next(q for q in pkb.control("/world")["organisations"][0]["questionnaires"] if q["status"] == "DRAFT")
    refused = post(pkb, state="a questionnaire is requested", params={"questionnaire": draft["id"]})
    assert_problem(refused, 409, "The questionnaire is a draft")
    nobody = post(pkb, state="a questionnaire is requested", params={"patient": pkb.patient("Not registered")["id"]})
    assert_problem(nobody, 409, "The patient cannot be asked")


def empty(pkb: Client, kind: type[Any]) -> None:
    store = pkb.server.workspaces.default.store
    for entity in list(store.all(kind)):
        store.delete(entity)


def test_a_world_that_lacks_somebody_is_told(pkb: Client):
    empty(pkb, Questionnaire)
    assert_problem(post(pkb, state="a questionnaire is requested"), 409, "Northmoor NHS Trust has no published")
    empty(pkb, Team)
    assert_problem(post(pkb, state="a team has consent"), 409, "Northmoor NHS Trust has no team")
    for credential in pkb.server.workspaces.default.store.find(Credential, "kind", "system-client"):
        pkb.server.workspaces.default.store.delete(credential)
    assert_problem(post(pkb, state="a client exists"), 409, "This world has no system-client")
    for credential in pkb.server.workspaces.default.store.find(Credential, "kind", "hl7-org"):
        pkb.server.workspaces.default.store.delete(credential)
    assert_problem(post(pkb, state=BOOKED), 409, "Northmoor NHS Trust has no HL7 user")
    empty(pkb, Credential)
    assert_problem(post(pkb, state="the clock is frozen"), 409, "This world has no credential")


def test_a_world_without_patients_gets_one(pkb: Client):
    empty(pkb, Patient)
    assert set_up(pkb, "the clock has advanced") == {}
    assert set_up(pkb, "a patient is registered")["family_name"] == "Marlow"
    assert len(pkb.control("/world")["patients"]) == 1
    assert pkb.server.workspaces.default.store.all(Organisation)
