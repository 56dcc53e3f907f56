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
        "birthDate must be a full date, YYYY-MM-DD",
        ["Patient.birthDate"],
    ),
    "a time that Python does not know": (
        {"deceasedDateTime": "2016-12-31T23:59:60Z"},
        "value",
        "deceasedDateTime must be a date, or a time with its zone",
        ["Patient.deceasedDateTime"],
    ),
    "aliases without the default team's": (
        {"extension": aliases("northmoor_renal")},
        "business-rule",
        "The team aliases must include the default team",
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
    sent_patient = person(extension=aliases("northmoor_default", "nowhere"))
    assert_operation_outcome(send(pkb, sent_patient), 422, "business-rule", "Unknown team alias [nowhere]")
    assert pkb.http.get(f"/_sandbox/records/{NUMBER}").status_code == 404


def test_numbers_of_two_people_are_refused(pkb: Client):
    sent_patient = person(identifier=[*numbered(TOLA), *numbered("9991002758")])
    assert_operation_outcome(send(pkb, sent_patient), 422, "business-rule", "Ambiguous patient IDs provided")


# --- 400, 401, 403, 404, 405, 406, 415 ---


NO_JSON = "The body is not JSON"
NO_OBJECT = "The body must be a Patient resource, a JSON object"
UNREADABLE = {
    b"": "The body must be a Patient resource, but it is missing",
    b"{": NO_JSON,
    b"\xff": NO_JSON,
    b"[" * 100_000: NO_JSON,
    b"[]": NO_OBJECT,
    b"null": NO_OBJECT,
}


@pytest.mark.parametrize(("content", "text"), UNREADABLE.items(), ids=lambda value: str(value[:5]))
def test_a_body_that_is_not_a_json_object_is_refused(pkb: Client, content: bytes, text: str):
    assert_operation_outcome(send(pkb, content), 400, "structure", text)


@pytest.mark.parametrize("body", [{"resourceType": "Bundle"}, {"resourceType": "Parameters"}, {}, {"resourceType": 1}])
def test_a_resource_that_is_not_a_patient_is_refused(pkb: Client, body: Any):
    text = f"The body must be one Patient resource, not {body.get('resourceType')!r}"
    assert_operation_outcome(send(pkb, body), 400, "invalid", text)


NO_PATIENT: list[tuple[Any, str]] = [
    ({"name": {"family": "Khatun"}}, "name: expected array"),
    ({"name": [{"family": ["Khatun"], "given": ["Rina"]}]}, "name[0].family: expected string"),
    ({"surname": "Khatun"}, "surname: extra property"),
    ({"birthDate": "23/06/1991"}, "birthDate: expected date"),
    ({"birthDate": "0000-01-01"}, "birthDate: expected date"),
    ({"deceasedDateTime": "0000"}, "deceasedDateTime: expected dateTime"),
    ({"deceasedDateTime": "yesterday"}, "deceasedDateTime: expected dateTime"),
    ({"deceasedBoolean": "perhaps"}, "deceasedBoolean: expected boolean"),
    ({"identifier": "9998120012"}, "identifier: expected array"),
    (
        {"deceasedBoolean": True, "deceasedDateTime": "2026"},
        "deceased: expected one of deceasedBoolean, deceasedDateTime",
    ),
]


@pytest.mark.parametrize(("changed", "text"), NO_PATIENT)
def test_an_invalid_stu3_patient_is_refused(pkb: Client, changed: Any, text: str):
    assert_operation_outcome(send(pkb, person(**changed)), 400, "structure", f"Patient.{text}")


@pytest.mark.parametrize("type_", ["application/fhir+xml", "text/xml", "text/plain"])
def test_a_body_that_is_not_json_is_refused(pkb: Client, type_: str):
    text = "The body must be application/fhir+json"
    assert_operation_outcome(send(pkb, person(), Content_Type=type_), 415, "not-supported", text)


def test_a_caller_who_takes_xml_only_is_refused(pkb: Client):
    text = "This endpoint returns application/fhir+json only"
    assert_operation_outcome(send(pkb, person(), Accept="application/fhir+xml"), 406, "not-supported", text)


@pytest.mark.parametrize(
    ("authorization", "text"),
    [
        (None, "Full authentication is required"),
        ("Bearer null", "The access token was not issued by this server"),
        ("Bearer x.y.z", "The access token was not issued by this server"),
        ("Basic x", "The Authorization header does not contain a bearer token"),
    ],
)
def test_without_a_live_token_the_answer_is_that_of_the_token_endpoint(
    pkb: Client, authorization: str | None, text: str
):
    headers = {"X-Org-Public-Id": pkb.organisation()} | ({"Authorization": authorization} if authorization else {})
    response = pkb.http.post(PATH, json=person(), headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert response.headers["content-type"] == "application/json"
    assert response.json() == {"error": "invalid_token", "error_description": text}


def test_the_organisation_header_is_required_and_a_granted_organisation_s(pkb: Client):
    text = "X-Org-Public-Id is required: the public id (a UUID) of the organisation on whose behalf you call"
    assert_operation_outcome(send(pkb, person(), organisation=None), 400, "required", text)
    malformed = send(pkb, person(), organisation=None, X_Org_Public_Id="Northmoor")
    assert_operation_outcome(malformed, 400, "value", text)
    nobody = "00000000-0000-4000-8000-000000000000"
    unknown = send(pkb, person(), organisation=None, X_Org_Public_Id=nobody)
    assert_operation_outcome(unknown, 403, "forbidden", f"Organisation {nobody} has not granted access")
    ungranted = send(pkb, person(), client="untethered-facade")
    assert_operation_outcome(ungranted, 403, "forbidden", f"Organisation {pkb.organisation()} has not granted access")


def test_an_app_may_not(pkb: Client):
    headers = {"Authorization": f"Bearer {pkb.user_token('tola.adeyemi@example.org')}"}
    response = pkb.http.post(PATH, json=person(), headers=headers)
    text = "Apps have no access to the Messaging endpoint"
    assert_operation_outcome(response, 403, "forbidden", text, response_code="USER_TYPE_NOT_PERM")


def test_query_parameters_are_not_taken(pkb: Client):
    text = (
        "Invalid request: The FHIR endpoint on this server does not know how to handle "
        "POST operation[Patient/$process-message] with parameters [[async]]"
    )
    assert_operation_outcome(send(pkb, person(), path=f"{PATH}?async=true"), 400, "processing", text)


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


@pytest.mark.parametrize("levels", [60, 200, 400])
def test_a_patient_of_too_many_levels_is_not_readable(pkb: Client, levels: int):
    extension: dict[str, Any] = {"url": "urn:x", "valueString": "y"}
    for _ in range(levels):
        extension = {"url": "urn:x", "extension": [extension]}
    response = send(pkb, person(extension=[extension]))
    assert_operation_outcome(response, 400, "structure", "The body has more than 100 levels")
