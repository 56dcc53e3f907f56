"""MeasurementService: types, reading by type and patient, writing; the same table of types behind HL7.

Sources: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3363471401 ;
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3743186970
"""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.domain.data_points.measurement_types import built_in
from sandbox.server import SandboxServer
from tests.rest.support import ask, assert_error, assert_object, call, token_of
from tests.support import Client

TOLA, GETHIN, RHYS, TADEUSZ = "5001", "5007", "5010", "5016"
OWN, V1, OF_TOLA = "/v2-beta/measurements", "/v1/measurements", f"/v2-beta/measurements/{TOLA}"
PRESSURE = {"apiRef": "bloodPressure", "takenDate": "2026-02-11T07:30:00Z", "value": "124", "value2": "81"}
ORU = (
    "MSH|^~\\&|A|B|PKB|PKB|20260301120000||ORU^R01|m-{order}|P|2.4\rPID|1||9991001379^^^NHS^NH||Adeyemi^Tola\r"
    "OBR|1||{order}|OBS^Observations|||20260301113000\r{obx}"
)
SYSTOLIC = "OBX|1|NM|163030003^Systolic blood pressure^SNOMED CT||131|mmHg|||||F|||20260301113000\r"
DIASTOLIC = "OBX|2|NM|163031004^Diastolic blood pressure^SNOMED CT||84|mmHg|||||F|||20260301113000\r"


def shown_measurements(pkb: Client, path: str = OWN, caller: str = "PATIENT") -> list[dict[str, Any]]:
    measurements = ask(pkb, "GET", path, caller)
    for measurement in measurements:
        assert_object(measurement, "measurement")
    return measurements


# --- types ---


def test_every_type_is_described_and_can_be_written(pkb: Client):
    types = {type_["apiRef"]: type_ for type_ in call(pkb, "GET", "/v2-beta/measurements/apiRefs").json()}
    assert list(types) == [type_.api_ref for type_ in built_in()]
    parents = {type_.api_ref: type_.parent for type_ in built_in()}
    for type_ in types.values():
        assert_object(type_, "measurement-type")
        body = {"apiRef": type_["apiRef"], "value": 7, **({"value2": 5} if type_["unit2"] else {})}
        stored = ask(pkb, "POST", V1, "PATIENT", json=body)
        first_type = types[parents[type_["apiRef"]] or type_["apiRef"]]
        assert (stored["apiRef"], stored["unit"] or "") == (first_type["apiRef"], first_type["unit"])
        assert (stored["value"] == "7") == (first_type is type_)
    assert len(shown_measurements(pkb)) == len(types)


# --- writing ---


def test_a_device_pushes_a_blood_pressure(pkb: Client):
    stored = ask(pkb, "POST", V1, "PATIENT", json=PRESSURE)
    assert_object(stored, "measurement")
    assert (stored["value"], stored["value2"], stored["unit"]) == ("124", "81", "mmHg (systolic)")
    assert (stored["takenDate"], stored["privacyLabel"]) == ("2026-02-11T07:30:00.000Z", "GENERAL_HEALTH")
    assert shown_measurements(pkb) == [stored]
    assert shown_measurements(pkb, OF_TOLA) == [stored]


TIMES = {
    "2026-02-11T07:30:00+01:00": "2026-02-11T06:30:00.000Z",
    "2026-02-11T07:30:00.5Z": "2026-02-11T07:30:00.500Z",
    1770795000000: "2026-02-11T07:30:00.000Z",
    "1770795000000": "2026-02-11T07:30:00.000Z",
}


@pytest.mark.parametrize(("text", "taken_date"), TIMES.items(), ids=str)
def test_a_time_is_taken_in_several_forms_and_shown_in_one(pkb: Client, text: Any, taken_date: str):
    assert ask(pkb, "POST", V1, "PATIENT", json={**PRESSURE, "takenDate": text})["takenDate"] == taken_date


def test_a_value_that_is_not_a_number_is_kept_as_text(pkb: Client):
    stored = ask(pkb, "POST", V1, "PATIENT", json={"type": "NATIONAL_EARLY_WARNING_SCORE", "valueNonNumeric": "HI"})
    assert (stored["value"], stored["value2"], stored["valueNonNumeric"]) == (None, None, "HI")
    (type_,) = ask(pkb, "GET", f"{V1}/byType/nationalEarlyWarningScore", "PATIENT")["results"]
    assert type_["history"][0]["value"] == "HI"


def test_a_measurement_is_replaced_under_its_id_and_keeps_the_time_when_it_was_taken(pkb: Client):
    stored = ask(pkb, "POST", V1, "PATIENT", json=PRESSURE)
    changed = ask(
        pkb, "PUT", V1, "PATIENT", json={"id": stored["id"], "apiRef": "bloodPressure", "value": 1, "value2": 2}
    )
    assert changed == {**stored, "value": "1", "value2": "2"}
    assert shown_measurements(pkb) == [changed]


def test_a_measurement_is_deleted_once(pkb: Client):
    stored = ask(pkb, "POST", V1, "PATIENT", json=PRESSURE)
    assert call(pkb, "DELETE", f"{V1}/{stored['id']}", token_of(pkb, "PATIENT")).status_code == 204
    assert shown_measurements(pkb) == []
    assert_error(call(pkb, "DELETE", f"{V1}/{stored['id']}", token_of(pkb, "PATIENT")), 404, "NOT_FOUND")


@pytest.mark.parametrize("caller", ["CLINICIAN", "SITE"])
def test_a_team_writes_for_its_patient_under_the_label_of_the_team(pkb: Client, caller: str):
    stored = ask(pkb, "POST", OF_TOLA, caller, json=PRESSURE)
    assert stored["privacyLabel"] == "GENERAL_HEALTH"
    changed = ask(pkb, "PUT", OF_TOLA, caller, json={**PRESSURE, "id": stored["id"], "privacyLabel": "SOCIAL_CARE"})
    assert changed["privacyLabel"] == "SOCIAL_CARE"
    assert shown_measurements(pkb, OF_TOLA, caller) == [changed] == shown_measurements(pkb)


def test_a_measurement_of_another_source_is_not_changed(pkb: Client):
    stored = ask(pkb, "POST", OF_TOLA, "CLINICIAN", json=PRESSURE)
    token = token_of(pkb, "PATIENT")
    assert_error(call(pkb, "DELETE", f"{V1}/{stored['id']}", token), 403, "FORBIDDEN")
    assert_error(call(pkb, "PUT", V1, token, json={**PRESSURE, "id": stored["id"]}), 403, "FORBIDDEN")


REFUSED = {
    "no type": {"value": 1},
    "an unknown type": {"apiRef": "mood", "value": 1},
    "no value": {"apiRef": "weight"},
    "a number and a text": {"apiRef": "weight", "value": 1, "valueNonNumeric": "x"},
    "one value of two": {"apiRef": "bloodPressure", "value": 1},
    "the second of two": {"apiRef": "bloodPressure", "value2": 1},
    "two values of one": {"apiRef": "weight", "value": 1, "value2": 1},
    "a text for a number": {"apiRef": "weight", "value": "much"},
    "true for a number": {"apiRef": "weight", "value": True},
    "a huge number": {"apiRef": "weight", "value": 10**40},
    "a huge exponent": {"apiRef": "weight", "value": "1e9999"},
    "a time without offset": {"apiRef": "weight", "value": 1, "takenDate": "2026-02-11T07:30:00"},
    "a time that is none": {"apiRef": "weight", "value": 1, "takenDate": "yesterday"},
    "a time out of reach": {"apiRef": "weight", "value": 1, "takenDate": 10**15 - 1},
    "a time beyond reach": {"apiRef": "weight", "value": 1, "takenDate": "0001-01-01T00:00:00+14:00"},
    "true for a time": {"apiRef": "weight", "value": 1, "takenDate": True},
    "a list for a time": {"apiRef": "weight", "value": 1, "takenDate": []},
    "a label that is none": {"apiRef": "weight", "value": 1, "privacyLabel": "SECRET"},
    "a long text": {"apiRef": "weight", "valueNonNumeric": "x" * 1001},
    "an object for a text": {"apiRef": {}, "value": 1},
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_an_invalid_measurement_is_a_bad_request(pkb: Client, body: dict[str, Any]):
    response = call(pkb, "POST", V1, token_of(pkb, "PATIENT"), json=body)
    assert_error(response, 400, "BAD_REQUEST")
    assert response.headers["pkb-sandbox-explain"]
    assert shown_measurements(pkb) == []


def test_an_update_names_a_measurement_of_the_patient(pkb: Client):
    token = token_of(pkb, "PATIENT")
    assert_error(call(pkb, "PUT", V1, token, json=PRESSURE), 400, "BAD_REQUEST", "id is missing")
    for id_ in ("1", "x", 17, "00000000-0000-0000-0000-000000000000"):
        assert_error(call(pkb, "PUT", V1, token, json={**PRESSURE, "id": id_}), 404, "NOT_FOUND")


@pytest.mark.parametrize("ref", ["weightStone", "weightLbsOz", "heightFtIn", "bloodPressure"])
@pytest.mark.parametrize("values", [{"value": 9}, {"value2": 9}])
def test_a_type_of_two_values_needs_both(pkb: Client, ref: str, values: dict[str, int]):
    response = call(pkb, "POST", V1, token_of(pkb, "PATIENT"), json={"apiRef": ref, **values})
    assert_error(response, 400, "BAD_REQUEST")


# --- reading ---


def test_types_are_chosen_by_api_ref(pkb: Client):
    for ref in ("weight", "height", "steps"):
        ask(pkb, "POST", V1, "PATIENT", json={"apiRef": ref, "value": 1})
    for query, refs in (
        ("", {"weight", "height", "steps"}),
        ("?apiRefs=weight", {"weight"}),
        ("?apiRefs=weight,steps", {"weight", "steps"}),
        ("?apiRefs=weight&apiRefs=steps", {"weight", "steps"}),
        ("?apiRef=height&loggedInUser=17", {"height"}),
        ("?apiRefs=bmi", set()),
    ):
        assert {measurement["apiRef"] for measurement in shown_measurements(pkb, OWN + query)} == refs


def test_an_unknown_api_ref_is_a_bad_request(pkb: Client):
    response = call(pkb, "GET", f"{OWN}?apiRefs=weight,mood", token_of(pkb, "PATIENT"))
    assert_error(response, 400, "BAD_REQUEST", "Unknown apiRef 'mood'")


def test_api_refs_can_be_demanded():
    with SandboxServer(port=0, api_refs_required=True) as server:
        pkb = Client(server)
        token = token_of(pkb, "PATIENT")
        assert_error(call(pkb, "GET", OWN, token), 400, "BAD_REQUEST", "apiRefs is missing")
        assert call(pkb, "GET", f"{OWN}?apiRefs=weight", token).json() == []
        pkb.http.close()


def test_the_newest_is_first(pkb: Client):
    for day in ("02", "04", "03"):
        ask(pkb, "POST", V1, "PATIENT", json={**PRESSURE, "takenDate": f"2026-02-{day}T00:00:00Z"})
    assert [measurement["takenDate"][8:10] for measurement in shown_measurements(pkb)] == ["04", "03", "02"]


def test_v1_gives_types_with_their_history_in_the_keys_of_2014(pkb: Client):
    ask(pkb, "POST", V1, "PATIENT", json=PRESSURE)
    ask(pkb, "POST", V1, "PATIENT", json={**PRESSURE, "takenDate": "2026-02-12T07:30:00Z", "value": 120})
    ask(pkb, "POST", V1, "PATIENT", json={"apiRef": "weight", "value": "64.5"})
    body = ask(pkb, "GET", f"{V1}/all", "PATIENT")
    assert set(body) == {"results"}
    weight, pressure = body["results"]
    assert_object(pressure, "measurement-v1")
    assert (pressure["apiRef"], pressure["unit2"], weight["code2"]) == ("bloodPressure", "mmHg (diastolic)", None)
    assert [reading["value"] for reading in pressure["history"]] == ["120", "124"]
    assert ask(pkb, "GET", f"{V1}/byType/BLOOD_PRESSURE", "PATIENT") == {"results": [pressure]}
    assert ask(pkb, "GET", f"{V1}/byType/steps", "PATIENT") == {"results": []}


def test_an_unknown_type_is_a_bad_request(pkb: Client):
    assert_error(call(pkb, "GET", f"{V1}/byType/mood", token_of(pkb, "PATIENT")), 400, "BAD_REQUEST")


def test_a_pair_that_a_hospital_sent_is_one_measurement_here(pkb: Client):
    assert pkb.send(ORU.format(order="bp1", obx=SYSTOLIC + DIASTOLIC)).code == "AA"
    (measurement,) = shown_measurements(pkb)
    assert (measurement["apiRef"], measurement["value"], measurement["value2"]) == ("bloodPressure", "131", "84")
    assert shown_measurements(pkb, f"{OWN}?apiRefs=bloodPressure") == [measurement]


def test_a_second_value_sent_alone_keeps_its_position(pkb: Client):
    assert pkb.send(ORU.format(order="bp2", obx=DIASTOLIC.replace("OBX|2", "OBX|1"))).code == "AA"
    (measurement,) = shown_measurements(pkb)
    assert (measurement["apiRef"], measurement["value"], measurement["value2"]) == ("bloodPressure", None, "84")


def test_a_code_of_an_organisation_s_own_list_has_no_api_ref(pkb: Client):
    own = {"measurements": {"165232002": {"name": "Urine output", "units": ["mL"]}}}
    path = f"/_sandbox/organisations/{pkb.organisation()}/configuration"
    assert pkb.http.put(path, json={"code_sets": own}).status_code == 200
    obx = "OBX|1|NM|165232002^Urine output^SNOMED CT||800|mL|||||F|||20260301113000\r"
    assert pkb.send(ORU.format(order="uo1", obx=obx)).code == "AA"
    (measurement,) = shown_measurements(pkb)
    assert (measurement["apiRef"], measurement["value"], measurement["unit"]) == (None, "800", "mL")
    (type_,) = ask(pkb, "GET", f"{V1}/all", "PATIENT")["results"]
    assert_object(type_, "measurement-v1")
    assert (type_["name"], type_["code"], type_["apiRef"]) == ("Urine output", "165232002", None)


# --- who sees what ---


def test_data_entered_by_others_adds_its_cell(pkb: Client):
    ask(pkb, "POST", V1, "PATIENT", json=PRESSURE)
    own = call(pkb, "GET", OWN, token_of(pkb, "PATIENT"))
    assert own.headers["pkb-sandbox-cell"] == "app.rest.read_clinical"
    other = call(pkb, "GET", OF_TOLA, token_of(pkb, "SITE"))
    assert other.headers["pkb-sandbox-cell"] == "partner.rest.read_clinical, partner.rest.read_clinical_from_others"


def test_a_measurement_whose_label_has_no_consent_is_left_out_silently(pkb: Client):
    ask(pkb, "POST", V1, "PATIENT", json={**PRESSURE, "privacyLabel": "SEXUAL_HEALTH"})
    ask(pkb, "POST", V1, "PATIENT", json={**PRESSURE, "privacyLabel": "SOCIAL_CARE"})
    assert [measurement["privacyLabel"] for measurement in shown_measurements(pkb, OF_TOLA, "CLINICIAN")] == [
        "SOCIAL_CARE"
    ]
    assert shown_measurements(pkb, OF_TOLA, "TEAMCOORD") == []
    assert len(shown_measurements(pkb)) == 2


def test_with_sharing_disabled_a_team_sees_what_it_supplied_and_nothing_else(pkb: Client):
    path = f"/v2-beta/measurements/{GETHIN}"
    theirs = ask(pkb, "POST", path, "SITE", json=PRESSURE)
    own = call(pkb, "POST", V1, pkb.user_token("gethin.prosser@example.org"), json=PRESSURE)
    assert own.status_code == 200
    assert shown_measurements(pkb, path, "SITE") == [theirs] == shown_measurements(pkb, path, "CLINICIAN")
    assert shown_measurements(pkb, path, "TEAMCOORD") == []


def test_an_invisible_patient_is_not_found(pkb: Client):
    for caller, id_ in (("PATIENT", RHYS), ("CLINICIAN", TADEUSZ), ("SITE", "1")):
        response = call(pkb, "GET", f"/v2-beta/measurements/{id_}", token_of(pkb, caller))
        assert_error(response, 404, "NOT_FOUND", "There is no patient with that id")
    for caller in ("CLINICIAN", "SITE"):
        response = call(pkb, "POST", f"/v2-beta/measurements/{TADEUSZ}", token_of(pkb, caller), json=PRESSURE)
        assert_error(response, 404, "NOT_FOUND")


def test_a_carer_sees_what_the_consent_names(pkb: Client):
    child = "/v2-beta/measurements/5005"
    oru = ORU.format(order="child", obx=SYSTOLIC + DIASTOLIC).replace("9991001379", "9991006850")
    assert pkb.send(oru).code == "AA"
    carer = pkb.user_token("samira.halloran@example.org")
    (seen,) = call(pkb, "GET", child, carer).json()
    assert (seen["apiRef"], seen["value"]) == ("bloodPressure", "131")
    assert_error(call(pkb, "GET", child, token_of(pkb, "CLINICIAN")), 404, "NOT_FOUND")
