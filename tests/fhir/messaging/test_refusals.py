"""Every refusal of Messaging: status, issue code, words, and the elements that it names.

Source: *Process message*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365077610
"""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.fhir.messaging.samples import NHS, NUMBER, PATH, aliases, numbered, person, send
from tests.support import Client, assert_operation_outcome

TOLA = "9991001379"

# --- 422 ---

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


# --- 400, 401, 403, 404, 405, 406, 415 ---


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
