"""UserService, reading: the caller, carers, patients, colleagues, and users by id and number.

Sources: https://pkbdev.atlassian.net/wiki/spaces/api/pages/4504551428 (/users/self);
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3749543951 (the others)
"""

from __future__ import annotations

import pytest

from tests.hl7.clinical import configure
from tests.rest.support import ask, assert_error, assert_object, call, token_of
from tests.support import Client

TOLA, TOLA_UUID, IDRIS, NOOR, SAMIRA, RHYS = (
    "5001",
    "4c86625f-13d7-423c-93e9-d58574a12dec",
    "5002",
    "5005",
    "5006",
    "5010",
)
OWEN, LEONIE, SABITHA = "3001", "3002", "3004"
NHS_NUMBER = "9991001379"
MEASURED = (
    "MSH|^~\\&|A|B|PKB|PKB|20260301120000||ORU^R01|m-{0}|P|2.4\rPID|1||9991001379^^^NHS^NH||Adeyemi^Tola\r"
    "OBR|1||{0}|OBS^Observations|||20260301113000\r"
    "OBX|1|NM|{1}^{2}^SNOMED CT||{3}|{4}|||||F|||20260301113000\r"
)


def test_a_patient_reads_who_they_are(pkb: Client):
    body = ask(pkb, "GET", "/users/self", "PATIENT")
    assert_object(body, "user")
    assert (body["id"], body["userType"], body["patient"]) == (TOLA, None, True)
    assert (body["title"], body["firstName"], body["lastName"]) == ("Ms", "Tola", "Adeyemi")
    assert (body["dob"], body["gender"], body["genderMF"], body["country"]) == ("1988-02-14", "F", "f", "GB-ENG")
    assert body["nationalIds"] == [{"value": NHS_NUMBER, "name": "NHS number", "countryCodes": ["GB-ENG", "GB-WLS"]}]
    (contact,) = body["contacts"]
    assert (contact["contactType"], contact["primary"], contact["confirmed"]) == ("EMAIL", True, True)
    assert (body["address2"], body["teamLevelIds"], body["dateDeceased"]) == ("", None, None)


def test_height_and_weight_are_the_newest_measurements_in_all_their_forms(pkb: Client):
    for order, code, text, value, unit in (
        ("h1", "50373000", "Body height", "1.71", "m"),
        ("w1", "27113001", "Body weight", "64", "kg"),
    ):
        assert pkb.send(MEASURED.format(order, code, text, value, unit)).code == "AA"
    body = ask(pkb, "GET", "/users/self", "PATIENT")
    assert (body["heightCm"], body["heightFeet"], body["heightInches"]) == ("171", "5", "7")
    assert (body["heightInchesTotal"], body["weightKg"], body["weightLbs"]) == ("67", "64", "141.1")


def test_a_height_in_metres_of_an_organisations_own_list_is_shown_in_centimetres(pkb: Client):
    own = {"50373000": {"name": "Body height", "units": ["m", "in"]}}
    configure(pkb, code_sets={"measurements": own})
    for order, value, unit, expected in (("h1", "1.71", "m", "171"), ("h2", "67", "in", "67")):
        assert pkb.send(MEASURED.format(order, "50373000", "Body height", value, unit)).code == "AA"
        assert ask(pkb, "GET", "/users/self", "PATIENT")["heightCm"] == expected


def test_a_professional_reads_who_they_are(pkb: Client):
    body = ask(pkb, "GET", "/users/self", "CLINICIAN")
    assert_object(body, "user")
    assert (body["id"], body["userType"], body["patient"], body["dob"]) == (OWEN, "CLINICIAN", False, None)
    assert (body["organizationName"], body["teamName"]) == ("Northmoor NHS Trust", "Northmoor Renal")
    assert body["nationalIds"] is None


def test_a_tethered_client_is_its_team(pkb: Client):
    body = ask(pkb, "GET", "/users/self", "SITE")
    assert_object(body, "user")
    assert (body["id"], body["userType"], body["teamName"]) == ("2002", "SITE", "Northmoor Renal")


def test_v1_says_the_same_with_the_keys_of_2014(pkb: Client):
    newest = ask(pkb, "GET", "/users/self", "PATIENT")
    for path in ("/v1/users/self", f"/v1/users/{TOLA}", f"/v1/users/{TOLA_UUID}", f"/v1/users/{TOLA_UUID.upper()}"):
        body = ask(pkb, "GET", path, "PATIENT")
        assert_object(body, "user-v1")
        assert body.pop("dobISO") == newest["dob"]
        assert body == {key: newest[key] for key in body}


def test_a_carer_lists_patients_but_may_not_open_a_patient_as_a_user(pkb: Client):
    token = pkb.user_token("samira.halloran@example.org")
    (child,) = call(pkb, "GET", "/users/myPatients", token).json()
    assert_object(child, "user")
    assert (child["id"], child["firstName"]) == (NOOR, "Noor")
    assert_error(call(pkb, "GET", f"/v1/users/{NOOR}", token), 404, "NOT_FOUND")
    assert call(pkb, "GET", "/users/myCarers", token).json() == []


@pytest.mark.parametrize("caller", ["CLINICIAN", "SITE"])
def test_the_patients_of_a_team_are_those_who_let_it_see_something(pkb: Client, caller: str):
    patients = ask(pkb, "GET", "/v1/users/self/patients", caller)["results"]
    for patient in patients:
        assert_object(patient, "user-v1")
    assert {patient["id"] for patient in patients} == {TOLA, "5007", RHYS}


def test_colleagues_are_the_others_of_the_team(pkb: Client):
    assert ask(pkb, "GET", "/v1/users/self/colleagues", "CLINICIAN") == {"results": []}
    (colleague,) = ask(pkb, "GET", "/v1/users/self/colleagues", "SITE")["results"]
    assert_object(colleague, "user-v1")
    assert colleague["id"] == OWEN


SEEN = {
    ("CLINICIAN", TOLA): 200,
    ("CLINICIAN", IDRIS): 404,
    ("CLINICIAN", LEONIE): 200,
    ("CLINICIAN", SABITHA): 404,
    ("SITE", TOLA): 200,
    ("SITE", OWEN): 200,
    ("SITE", SABITHA): 404,
    ("TEAMCOORD", IDRIS): 200,
    ("PATIENT", RHYS): 404,
    ("PATIENT", OWEN): 404,
    ("PATIENT", "1"): 404,
    ("PATIENT", "9" * 50): 404,
    ("PATIENT", "..%2f..%2fetc"): 404,
    ("PATIENT", "%00"): 404,
    ("PATIENT", "%D9%A5%D9%A0%D9%A0%D9%A1"): 404,
}


@pytest.mark.parametrize(
    ("pair", "status"), SEEN.items(), ids=lambda names: "-".join(names) if isinstance(names, tuple) else names
)
def test_who_may_open_whom(pkb: Client, pair: tuple[str, str], status: int):
    caller, id_ = pair
    response = call(pkb, "GET", f"/v1/users/{id_}", token_of(pkb, caller))
    if status == 200:
        assert_object(response.json(), "user-v1")
    else:
        assert_error(response, 404, "NOT_FOUND")


def test_local_numbers_show_to_the_organisation_that_gave_them(pkb: Client):
    path = "/v2-beta/users/byNationalId/9991013709/NHS"
    own = ask(pkb, "GET", path, "CLINICIAN")
    other = call(pkb, "GET", path, pkb.user_token("sabitha.kurian@eastgate.example", "stepwise-clinic")).json()
    assert [org_level_id["value"] for org_level_id in own["orgLevelIds"]] == ["NM00410"]
    assert [org_level_id["value"] for org_level_id in other["orgLevelIds"]] == ["EG00710"]


@pytest.mark.parametrize("type_", ["NHS number", "NHS_NUMBER", "nhs", "NHS%20number"])
def test_a_user_is_found_by_a_national_number(pkb: Client, type_: str):
    body = ask(pkb, "GET", f"/v2-beta/users/byNationalId/{NHS_NUMBER}/{type_}", "SITE")
    assert_object(body, "user")
    assert body["id"] == TOLA


def test_the_number_of_an_invisible_patient_is_not_found(pkb: Client):
    token = token_of(pkb, "CLINICIAN")
    for number in ("9991002758", "9999999999", "1"):
        assert_error(call(pkb, "GET", f"/v2-beta/users/byNationalId/{number}/NHS", token), 404, "NOT_FOUND")


def test_an_unknown_type_of_number_is_a_bad_request(pkb: Client):
    response = call(pkb, "GET", f"/v2-beta/users/byNationalId/{NHS_NUMBER}/PASSPORT", token_of(pkb, "CLINICIAN"))
    assert_error(response, 400, "BAD_REQUEST")
    assert response.json()["message"].startswith("'PASSPORT' is not a type of national number; allowed: NHS_NUMBER, ")


def test_a_country_that_was_sent_as_gbr_is_that_of_the_organisation(pkb: Client):
    pid = "PID|1||9991001379^^^NHS^NH||Adeyemi^Tola||||||12 High Street^^Leeds^^LS1 4AP^{}"
    msh = "MSH|^~\\&|PAS|ANY|HL7API|PKB|20991231120000||ADT^A31|c-1|P|2.4\r"
    for country, expected in (("GBR", "GB-ENG"), ("IRL", "IRL")):
        assert pkb.send(msh + pid.format(country)).code == "AA"
        assert ask(pkb, "GET", "/v1/users/self", "PATIENT")["country"] == expected
