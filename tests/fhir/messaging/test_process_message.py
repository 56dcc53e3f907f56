"""`Patient/$process-message`: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365077610 (*Process message*)"""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fhir.resources.STU3.operationoutcome import OperationOutcome

from tests.fhir.messaging.samples import NHS, NUMBER, PATH, aliases, issues, numbered, person, send, stored
from tests.support import EASTGATE, Client, assert_operation_outcome

TEAMS = {
    "northmoor_default": "ab37b23d-c031-4ced-86aa-2691c368e777",
    "northmoor_renal": "b1fca6de-884d-4803-b760-ebd7f8cac475",
    "eastgate_diabetes": "2c753854-647e-425b-af7c-17507335f501",
}
TOLA = "9991001379"
CREATED = [("information", "informational", "Patient created")]
UPDATED = [("information", "informational", "Patient updated")]


# --- created ---


def test_a_patient_is_created_with_everything_that_the_table_maps(pkb: Client):
    response = send(pkb, person())
    assert issues(response, 201) == CREATED
    OperationOutcome.model_validate(response.json())
    assert "location" not in response.headers
    assert response.headers["pkb-sandbox-cell"] == "partner.messaging.send_data"
    patient = stored(pkb)
    assert patient["name"] == {"family": "Khatun", "given": "Rina", "middle": "Amal Joy", "title": "Mrs"}
    assert patient["address"] == {
        "line1": "1 Low Road",
        "line2": "Flat 2",
        "city": "Leeds",
        "state": "West Yorkshire",
        "postcode": "LS0 0ZZ",
        "country": "GBR",
    }
    assert (patient["date_of_birth"], patient["gender"], patient["phone"]) == ("1991-06-23", "FEMALE", "07700900161")
    assert patient["identifiers"] == [{"type": "NHS", "value": NUMBER}]
    assert patient["contacts"] == [{"value": "rina.khatun@example.org", "primary": True, "confirmed": False}]
    assert patient["organisations"] == [pkb.organisation()]
    assert patient["teams"] == [TEAMS["northmoor_default"], TEAMS["northmoor_renal"]]
    assert (patient["registered"], patient["deceased"]) == (False, False)


def test_the_patient_is_invited_by_e_mail(pkb: Client):
    send(pkb, person())
    (mail,) = pkb.control("/outbox")["items"]
    assert (mail["kind"], mail["to"]) == ("invitation", "rina.khatun@example.org")
    assert mail["links"][0].startswith(f"{pkb.server.base_url}/join/northmoor_default?t1=")


def test_without_an_e_mail_nobody_is_invited(pkb: Client):
    assert issues(send(pkb, person(telecom=None)), 201) == CREATED
    assert pkb.control("/outbox")["items"] == []


def test_of_several_addresses_the_first_is_processed(pkb: Client):
    telecom = [
        {"system": "fax", "value": "1"},
        {"system": "email", "value": "first@example.org"},
        {"system": "email", "value": "second@example.org"},
        {"system": "phone", "value": "07700900162"},
        {"system": "phone", "value": "07700900163"},
    ]
    send(pkb, person(telecom=telecom))
    patient = stored(pkb)
    assert [one["value"] for one in patient["contacts"]] == ["first@example.org"]
    assert patient["phone"] == "07700900162"


def test_without_aliases_the_patient_joins_the_default_team(pkb: Client):
    send(pkb, person(extension=None))
    assert stored(pkb)["teams"] == [TEAMS["northmoor_default"]]


def test_a_team_s_grant_has_that_team_as_its_default(pkb: Client):
    response = send(pkb, person(extension=None), organisation=EASTGATE)
    assert issues(response, 201) == CREATED
    assert stored(pkb)["teams"] == [TEAMS["eastgate_diabetes"]]


GENDERS = {"male": "MALE", "female": "FEMALE", "other": "INDETERMINATE", "unknown": "UNKNOWN"}


@pytest.mark.parametrize(("sent", "expected"), GENDERS.items())
def test_a_gender_is_one_of_four(pkb: Client, sent: str, expected: str):
    send(pkb, person(gender=sent))
    assert stored(pkb)["gender"] == expected


@pytest.mark.parametrize(
    ("death", "expected"),
    [
        ({"deceasedBoolean": True}, (True, None)),
        ({"deceasedBoolean": False}, (False, None)),
        ({"deceasedDateTime": "2026-02-03T10:00:00+01:00"}, (True, "2026-02-03T09:00:00Z")),
        ({"deceasedDateTime": "2026-02-03"}, (True, "2026-02-03T00:00:00Z")),
        ({"deceasedDateTime": "2026-02"}, (True, "2026-02-01T00:00:00Z")),
        ({"deceasedDateTime": "2026"}, (True, "2026-01-01T00:00:00Z")),
    ],
)
def test_death_is_a_flag_or_a_time(pkb: Client, death: Any, expected: tuple[bool, str | None]):
    assert issues(send(pkb, person(**death)), 201) == CREATED
    patient = stored(pkb)
    assert (patient["deceased"], patient["died_at"]) == expected


def test_texts_are_trimmed(pkb: Client):
    send(pkb, person(name=[{"family": " Khatun ", "given": ["Rina "]}]))
    assert (stored(pkb)["name"]["family"], stored(pkb)["name"]["given"]) == ("Khatun", "Rina")


def test_a_number_of_nines_passes_the_check(pkb: Client):
    assert issues(send(pkb, person(identifier=numbered("9999999999"))), 201) == CREATED


def test_the_percent_encoded_operation_is_the_same(pkb: Client):
    assert issues(send(pkb, person(), path=PATH.replace("$", "%24")), 201) == CREATED


def test_the_patient_can_then_be_read_on_the_facade(pkb: Client):
    send(pkb, person())
    found = pkb.facade(f"/Patient?identifier={NHS}%7C{NUMBER}").json()
    assert found["total"] == 1
    assert found["entry"][0]["resource"]["id"] == stored(pkb)["id"]


# --- updated ---


def test_a_known_patient_is_updated_and_what_is_not_sent_stays(pkb: Client):
    before = stored(pkb, TOLA)
    sent = person(
        extension=None,
        identifier=numbered(TOLA),
        telecom=None,
        address=[{"city": "York"}],
        name=[{"family": "Adeyemi-Cole", "given": ["Tola"]}],
        birthDate="1988-02-15",
    )
    assert issues(send(pkb, sent), 200) == UPDATED
    after = stored(pkb, TOLA)
    assert after["id"] == before["id"]
    assert after["name"] == {"family": "Adeyemi-Cole", "given": "Tola", "middle": "Grace", "title": "Ms"}
    assert after["address"] == {**before["address"], "city": "York"}
    assert after["date_of_birth"] == "1988-02-15"
    kept = ("phone", "contacts", "identifiers", "teams", "organisations", "registered")
    assert {key: after[key] for key in kept} == {key: before[key] for key in kept}


def test_the_same_again_changes_nothing(pkb: Client):
    send(pkb, person())
    before = pkb.control(f"/records/{NUMBER}")
    assert issues(send(pkb, person()), 200) == UPDATED
    after = pkb.control(f"/records/{NUMBER}")
    ignored = {"patient": {**before["patient"], "entered_at": after["patient"]["entered_at"]}}
    assert after == {**before, **ignored}
    assert len(pkb.control("/outbox")["items"]) == 1


def test_a_patient_of_another_organisation_joins_this_one(pkb: Client):
    aoife = "9991015078"
    assert issues(send(pkb, person(extension=None, identifier=numbered(aoife), telecom=None)), 200) == UPDATED
    patient = stored(pkb, aoife)
    assert pkb.organisation() in patient["organisations"]
    assert TEAMS["northmoor_default"] in patient["teams"]
    assert pkb.facade(f"/Patient/{patient['id']}").status_code == 200


def test_a_known_patient_is_added_to_the_named_teams(pkb: Client):
    idris = "9991002758"
    sent = person(identifier=numbered(idris), telecom=None, extension=aliases("northmoor_default", "northmoor_renal"))
    assert issues(send(pkb, sent), 200) == UPDATED
    assert stored(pkb, idris)["teams"] == [TEAMS["northmoor_default"], TEAMS["northmoor_renal"]]


def test_an_address_of_another_record_is_left_out_with_a_warning(pkb: Client):
    sent = person(telecom=[{"system": "email", "value": "Tola.Adeyemi@example.org"}])
    warning = "Patient email address [Tola.Adeyemi@example.org] already active in PKB; it was not added"
    assert issues(send(pkb, sent), 201) == [*CREATED, ("warning", "business-rule", warning)]
    assert stored(pkb)["contacts"] == []
    assert pkb.control("/outbox")["items"] == []


def test_other_identifiers_are_ignored(pkb: Client):
    sent = person(identifier=[*numbered(NUMBER), *numbered("NM00401", "urn:uuid:00b6e67a-7a2a-4c2b-8180-60a7da1de808")])
    assert issues(send(pkb, sent), 201) == CREATED
    assert stored(pkb)["identifiers"] == [{"type": "NHS", "value": NUMBER}]


def test_status_checking_holds_nothing_here(pkb: Client):
    path = f"/_sandbox/organisations/{pkb.organisation()}/configuration"
    assert pkb.http.put(path, json={"options": {"nhs_status_checking": True}}).status_code == 200
    assert issues(send(pkb, person(identifier=numbered(NUMBER))), 201) == CREATED


# --- refused: 422 ---

MISSING = ["Patient.name.given", "Patient.name.family", "Patient.gender", "Patient.birthDate"]
REFUSED: dict[str, tuple[Any, str, str, list[str]]] = {
    "no name": (
        {"name": None},
        "required",
        "A Patient must have name.given, name.family",
        MISSING[:2],
    ),
    "no given name": ({"name": [{"family": "Khatun"}]}, "required", "A Patient must have name.given", MISSING[:1]),
    "a blank given name": (
        {"name": [{"family": "Khatun", "given": [" "]}]},
        "required",
        "A Patient must have name.given",
        MISSING[:1],
    ),
    "no family name": ({"name": [{"given": ["Rina"]}]}, "required", "A Patient must have name.family", MISSING[1:2]),
    "no gender": ({"gender": None}, "required", "A Patient must have gender", MISSING[2:3]),
    "no date of birth": ({"birthDate": None}, "required", "A Patient must have birthDate", MISSING[3:]),
    "nothing": (
        {"name": None, "gender": None, "birthDate": None},
        "required",
        "A Patient must have name.given, name.family, gender, birthDate",
        MISSING,
    ),
    "no identifier": ({"identifier": None}, "required", "A Patient must have an NHS number", ["Patient.identifier"]),
    "another number only": (
        {"identifier": numbered("1", "http://hl7.org/fhir/sid/us-ssn")},
        "required",
        "A Patient must have an NHS number",
        ["Patient.identifier"],
    ),
    "an identifier without value": (
        {"identifier": [*numbered(NUMBER), {"system": NHS}]},
        "exception",
        "Identifier without value",
        ["Patient.identifier[1].value"],
    ),
    "an identifier without system": (
        {"identifier": [{"value": NUMBER}]},
        "exception",
        "Identifier without system",
        ["Patient.identifier[0].system"],
    ),
    "an empty identifier": (
        {"identifier": [{"use": "official"}]},
        "exception",
        "Identifier without system and value",
        ["Patient.identifier[0].system", "Patient.identifier[0].value"],
    ),
    "a wrong check digit": (
        {"identifier": numbered("9998120013")},
        "value",
        "9998120013 is not a valid NHS number",
        ["Patient.identifier[0].value"],
    ),
    "nine digits": (
        {"identifier": numbered("999812001")},
        "value",
        "999812001 is not a valid NHS number",
        ["Patient.identifier[0].value"],
    ),
    "a gender of HL7": (
        {"gender": "F"},
        "code-invalid",
        "gender must be one of: male, female, other, unknown",
        ["Patient.gender"],
    ),
    "a year of birth": (
        {"birthDate": "1991"},
        "value",
        "birthDate must be a whole date, YYYY-MM-DD",
        ["Patient.birthDate"],
    ),
    "a year that never was": (
        {"birthDate": "0000-01-01"},
        "value",
        "birthDate must be a whole date, YYYY-MM-DD",
        ["Patient.birthDate"],
    ),
    "a time that Python does not know": (
        {"deceasedDateTime": "2016-12-31T23:59:60Z"},
        "value",
        "deceasedDateTime must be a date, or a time with its zone",
        ["Patient.deceasedDateTime"],
    ),
    "a death in no year": (
        {"deceasedDateTime": "0000"},
        "value",
        "deceasedDateTime must be a date, or a time with its zone",
        ["Patient.deceasedDateTime"],
    ),
    "aliases without the default team's": (
        {"extension": aliases("northmoor_renal")},
        "business-rule",
        "One of the team aliases must be that of the default team",
        ["Patient.extension"],
    ),
}


@pytest.mark.parametrize(("changed", "code", "text", "where"), REFUSED.values(), ids=REFUSED)
def test_a_patient_that_pkb_cannot_take_is_refused(pkb: Client, changed: Any, code: str, text: str, where: list[str]):
    body = assert_operation_outcome(send(pkb, person(**changed)), 422, code, text)
    assert body["issue"][0]["expression"] == where
    assert pkb.http.get(f"/_sandbox/records/{NUMBER}").status_code == 404
    assert pkb.control("/outbox")["items"] == []


def test_an_unknown_alias_is_refused_and_nothing_is_kept(pkb: Client):
    sent = person(extension=aliases("northmoor_default", "nowhere"))
    assert_operation_outcome(send(pkb, sent), 422, "business-rule", "Unknown team alias [nowhere]")
    assert pkb.http.get(f"/_sandbox/records/{NUMBER}").status_code == 404


def test_numbers_of_two_people_are_refused(pkb: Client):
    sent = person(identifier=[*numbered(TOLA), *numbered("9991002758")])
    assert_operation_outcome(send(pkb, sent), 422, "business-rule", "Ambiguous patient IDs provided")


# --- refused: 400, 401, 403, 405, 406, 415 ---


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000])
def test_what_is_no_json_object_is_refused(pkb: Client, content: bytes):
    assert_operation_outcome(send(pkb, content), 400, "structure")


@pytest.mark.parametrize("body", [{"resourceType": "Bundle"}, {"resourceType": "Parameters"}, {}, {"resourceType": 1}])
def test_what_is_no_patient_is_refused(pkb: Client, body: Any):
    text = f"The body must be one Patient resource, not {body.get('resourceType')!r}"
    assert_operation_outcome(send(pkb, body), 400, "invalid", text)


@pytest.mark.parametrize(
    "changed",
    [
        {"name": {"family": "Khatun"}},
        {"name": [{"family": ["Khatun"], "given": ["Rina"]}]},
        {"surname": "Khatun"},
        {"birthDate": "23/06/1991"},
        {"deceasedDateTime": "yesterday"},
        {"deceasedBoolean": "perhaps"},
        {"deceasedBoolean": True, "deceasedDateTime": "2026"},
        {"identifier": "9998120012"},
    ],
    ids=lambda changed: str(changed),
)
def test_what_is_no_patient_of_stu3_is_refused(pkb: Client, changed: Any):
    assert_operation_outcome(send(pkb, person(**changed)), 400, "structure")


@pytest.mark.parametrize("type_", ["application/fhir+xml", "text/xml", "text/plain"])
def test_a_body_that_is_not_json_is_refused(pkb: Client, type_: str):
    assert_operation_outcome(send(pkb, person(), Content_Type=type_), 415, "not-supported")


def test_a_caller_who_takes_xml_only_is_refused(pkb: Client):
    assert_operation_outcome(send(pkb, person(), Accept="application/fhir+xml"), 406, "not-supported")


@pytest.mark.parametrize("authorization", [None, "Bearer null", "Bearer x.y.z", "Basic x"])
def test_without_a_live_token_the_answer_is_that_of_the_token_endpoint(pkb: Client, authorization: str | None):
    headers = {"X-Org-Public-Id": pkb.organisation()} | ({"Authorization": authorization} if authorization else {})
    response = pkb.http.post(PATH, json=person(), headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert response.headers["content-type"] == "application/json"
    assert set(response.json()) == {"error", "error_description"}
    assert response.json()["error"] == "invalid_token"


def test_the_organisation_header_is_required_and_a_granted_organisation_s(pkb: Client):
    assert_operation_outcome(send(pkb, person(), organisation=None), 400, "required")
    malformed = send(pkb, person(), organisation=None, X_Org_Public_Id="Northmoor")
    assert_operation_outcome(malformed, 400, "value")
    unknown = send(pkb, person(), organisation=None, X_Org_Public_Id="00000000-0000-4000-8000-000000000000")
    assert_operation_outcome(unknown, 403, "forbidden")
    assert_operation_outcome(send(pkb, person(), client="untethered-facade"), 403, "forbidden")


def test_an_app_may_not(pkb: Client):
    headers = {"Authorization": f"Bearer {pkb.user_token('tola.adeyemi@example.org')}"}
    response = pkb.http.post(PATH, json=person(), headers=headers)
    assert_operation_outcome(response, 403, "forbidden", response_code="USER_TYPE_NOT_PERM")


def test_query_parameters_are_not_taken(pkb: Client):
    assert_operation_outcome(send(pkb, person(), path=f"{PATH}?async=true"), 400, "processing")


def ask(pkb: Client, method: str, path: str) -> httpx.Response:
    headers = {
        "Authorization": f"Bearer {pkb.token('letterbox-facade')}",
        "X-Org-Public-Id": pkb.organisation(),
    }
    return pkb.http.request(method, f"/phr-fhir{path}", headers=headers)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/Patient/1", "/Patient", "/Patient/$process-message"])
def test_nothing_else_is_offered(pkb: Client, method: str, path: str):
    response = ask(pkb, method, path)
    assert_operation_outcome(response, 405, "not-supported")
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "path", ["/Patient", "/Patient/$status-query", "/Patient/1/$process-message", "/Patient/_search"]
)
def test_no_other_post_is_offered(pkb: Client, path: str):
    response = ask(pkb, "POST", path)
    assert_operation_outcome(response, 405, "not-supported")


@pytest.mark.parametrize("path", ["/Observation", "/$process-message", "/Bundle/$process-message", "/Bundle"])
def test_another_type_is_unknown(pkb: Client, path: str):
    type_ = path.split("/")[1]
    text = f"Unknown resource type '{type_}' - Server knows how to handle: [Patient]"
    assert_operation_outcome(ask(pkb, "POST", path), 404, "not-supported", text)


def test_the_statement_and_the_definition_need_no_token(pkb: Client):
    response = pkb.http.get("/phr-fhir/metadata")
    assert response.headers["pkb-sandbox-standing"] == "choice"
    statement = response.json()
    assert statement["implementation"]["url"] == f"{pkb.server.base_url}/phr-fhir"
    assert [row["type"] for row in statement["rest"][0]["resource"]] == ["Patient"]
    (operation,) = statement["rest"][0]["operation"]
    assert operation["name"] == "process-message"
    definition = pkb.http.get(f"/phr-fhir/{operation['definition']['reference']}").json()
    assert definition["url"] == "http://fhir.patientsknowbest.com/operation/process-message"
    unknown = pkb.http.get("/phr-fhir/OperationDefinition/Patient-t-status-query")
    assert_operation_outcome(unknown, 404, "not-found")
