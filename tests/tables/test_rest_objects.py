"""The objects of the Custom REST API, key by key: the values that a body may have, and the types of a response.

Both tables say a second time what the object file says. A body goes to its operation; the types of responses are
read from the OpenAPI document that a sandbox serves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.rest.objects import shapes
from tests.rest.support import assert_error, call, token_of
from tests.support import Client

LABELS = ("GENERAL_HEALTH", "MENTAL_HEALTH", "SEXUAL_HEALTH", "SOCIAL_CARE")
REASONS = (
    "MIGRATED",
    "CREATED_ACCOUNT",
    "REFERRAL",
    "POWER_OF_ATTORNEY",
    "COURT_ORDER",
    "EXPLICIT_CONSENT",
    "DISCHARGE",
    "SAFEGUARDING",
    "PATIENT_OPT_OUT",
)
LONG = "x" * 1001
TEXT = [(7, "must be text"), (LONG, "must have at most 1000 characters")]
DAY = "must be a day such as 1987-11-23, between 1800 and 2200"
NUMBER = "must be a number with at most 15 digits"
WRONG: dict[str, list[tuple[Any, str]]] = {
    "text": TEXT,
    "html": TEXT[:1],
    "email": [(7, "must be text"), ("bea at home", "must be an e-mail address")],
    "date": [(7, "must be text"), ("23/11/1987", DAY), ("2026-02-30", DAY), ("1799-12-31", DAY)],
    "boolean": [("true", "must be true or false"), (1, "must be true or false")],
    "id": [(True, "must be an id"), (["5001"], "must be an id")],
    "gender": [("X", "must be one of: M, F, U, I")],
    "label": [("SECRET", f"must be one of: {', '.join((*LABELS, 'GENERAL'))}")],
    "status": [("DONE", "must be one of: INDRAFT, ACTIVE")],
    "reason": [("BECAUSE", f"must be one of: {', '.join(REASONS)}")],
    "number": [("12,5", NUMBER), (True, NUMBER), (10**15, NUMBER)],
    "dose": [(LONG, "must have at most 1000 characters"), (True, NUMBER)],
    "time": [
        (True, "must be a time"),
        ("yesterday", "must be ISO 8601 with an offset, or milliseconds since 1970"),
        ("2026-02-11T07:30:00", "must have an offset, or Z"),
    ],
    "list": [({}, "must be a list"), ([7], "[0] must be an object")],
    "object": [("Ramipril", "must be an object")],
}
"""Kind of a key → wrong values, and the words that follow the key in the refusal."""

PERSON = (
    "title:text? dob:date? gender:gender? email:email? phone:text? address1:text? address2:text? city:text? "
    "state:text? postalCode:text? country:text? nationalIds:list?"
)
MEASUREMENT = (
    "apiRef:text? type:text? takenDate:time? value:number? value2:number? valueNonNumeric:text? privacyLabel:label?"
)
MEDICATION = (
    "substance:object! startDate:date? endDate:date? frequency:text? doseValue:dose? doseUnit:text? privacyLabel:label?"
)
CONSENT = "teamId:id? professionalId:id? carerId:id? discharged:boolean " + " ".join(
    f"{label}ConsentGranted:boolean {label}ConsentGrantedReason:reason? {label}ConsentGrantedReasonText:text?"
    for label in ("generalHealth", "mentalHealth", "sexualHealth", "socialCare")
)
BODIES = {
    "user-sent": f"firstName:text! lastName:text! {PERSON}",
    "user-changed": f"id:id! firstName:text lastName:text {PERSON}",
    "national-id-sent": "value:text! name:text!",
    "measurement-sent": MEASUREMENT,
    "measurement-changed": f"id:id! {MEASUREMENT}",
    "medication-sent": MEDICATION,
    "medication-changed": f"id:id! {MEDICATION}",
    "concept-sent": "displayText:text? codings:list?",
    "coding-sent": "displayText:text? code:text? codeSystem:text?",
    "treatment-plan-sent": (
        "patientId:id? name:text! reviewDate:date? status:status? actionPlan:html? red:html? amber:html? green:html? "
        "privacyLabel:label?"
    ),
    "consent-sent": CONSENT,
    "consent-changed": f"id:id? {CONSENT}",
}
"""Object of a body → its keys and their kinds: `?` allows null, `!` requires the key."""

NEEDED_ANYWAY = ("apiRef", "nationalIds")
"""Keys that may be null, but that some callers must fill for a reason of the operation."""

SUBSTANCE = {"displayText": "Ramipril 5 mg capsules"}
DOORS: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "user-sent": ("POST", "/v1/users", "TEAMCOORD", {"firstName": "Bea", "lastName": "Okoro"}),
    "user-changed": ("PUT", "/v1/users", "PATIENT", {"id": "5001"}),
    "measurement-sent": ("POST", "/v1/measurements", "PATIENT", {"apiRef": "weight", "value": 64}),
    "measurement-changed": ("PUT", "/v1/measurements", "PATIENT", {"id": "1", "apiRef": "weight", "value": 64}),
    "medication-sent": ("POST", "/v1/medications", "PATIENT", {"substance": SUBSTANCE}),
    "medication-changed": ("PUT", "/v1/medications", "PATIENT", {"id": "1", "substance": SUBSTANCE}),
    "treatment-plan-sent": ("POST", "/v1/treatmentPlans", "PATIENT", {"name": "Renal care plan"}),
    "consent-sent": ("POST", "/v1/consents/forPatient/5001", "PATIENT", {"professionalId": "3001"}),
    "consent-changed": ("PUT", "/v1/consents/forPatient/5001", "PATIENT", {"teamId": "2002"}),
}
"""Object of a body → method, path and caller of an operation that takes it, and its smallest body."""

WITHIN = {
    "national-id-sent": ("user-sent", "nationalIds[0]", {"value": "9990001235", "name": "NHS number"}),
    "concept-sent": ("medication-sent", "substance", SUBSTANCE),
    "coding-sent": ("medication-sent", "substance.codings[0]", {"code": "318851002"}),
}
"""Object inside another → that other one, its place there, and the smallest such object."""


def body_with(name: str, key: str, value: Any) -> tuple[str, dict[str, Any], str]:
    """The object of the operation, its body with one value, and the place that a refusal names."""
    if name not in WITHIN:
        return name, {**DOORS[name][3], key: value}, key
    owner, place, smallest = WITHIN[name]
    part: Any = {**smallest, key: value}
    around = {"nationalIds[0]": {"nationalIds": [part]}, "substance": {"substance": part}}
    inner = around.get(place, {"substance": {"codings": [part]}})
    return owner, {**DOORS[owner][3], **inner}, f"{place}.{key}"


def keys_of(name: str) -> Iterator[tuple[str, str, str]]:
    """Key, kind, and `?`, `!` or nothing."""
    for entry in BODIES[name].split():
        key, _, kind = entry.partition(":")
        yield key, kind.rstrip("?!"), kind[len(kind.rstrip("?!")) :]


def refusal(pkb: Client, tokens: dict[str, str], name: str, key: str, value: Any) -> str:
    """Return the refusal of a body with this value, after the place of the key; empty if the value is accepted."""
    owner, body, place = body_with(name, key, value)
    method, path, caller, _ = DOORS[owner]
    response = call(pkb, method, path, tokens[caller], json=body)
    message = "" if response.is_success else str(response.json()["message"])
    assert response.status_code != 500
    if message.startswith(f"{place} "):
        assert_error(response, 400, "BAD_REQUEST")
        return message.removeprefix(f"{place} ")
    return "" if not message.startswith(place) else message.removeprefix(place)


@pytest.fixture
def tokens(pkb: Client) -> dict[str, str]:
    return {caller: token_of(pkb, caller) for caller in ("PATIENT", "TEAMCOORD")}


@pytest.mark.parametrize("name", BODIES)
def test_a_wrong_value_is_refused_in_the_words_of_its_kind(pkb: Client, tokens: dict[str, str], name: str):
    differences = []
    for key, kind, _ in keys_of(name):
        for value, words in WRONG[kind]:
            refused = refusal(pkb, tokens, name, key, value)
            if refused != words:
                differences.append((key, value, refused))
    assert differences == []


@pytest.mark.parametrize("name", BODIES)
def test_null_is_accepted_where_a_key_may_be_null(pkb: Client, tokens: dict[str, str], name: str):
    differences = []
    for key, kind, mark in keys_of(name):
        refused = refusal(pkb, tokens, name, key, None)
        expected = "is missing" if mark == "!" else "" if mark == "?" else WRONG[kind][0][1]
        if refused != expected and not (key in NEEDED_ANYWAY and refused == "is missing"):
            differences.append((key, refused))
    assert differences == []


def test_long_html_is_accepted(pkb: Client, tokens: dict[str, str]):
    kinds = {key for key, kind, _ in keys_of("treatment-plan-sent") if kind == "html"}
    assert kinds == {"actionPlan", "red", "amber", "green"}
    assert {refusal(pkb, tokens, "treatment-plan-sent", key, LONG) for key in kinds} == {""}


def test_each_body_has_its_keys_and_no_others():
    table = {name: {key for key, _, _ in keys_of(name)} for name in BODIES}
    assert table == {shape.name: {key.name for key in shape.keys} for shape in shapes().values() if shape.is_request}


RESPONSES = {
    "error": "status:integer code:string message:string",
    "user": (
        "id:digits userType:CLINICIAN|TEAMCOORD|SITE? heightCm:string? heightFeet:string? "
        "heightInches:string? heightInchesTotal:string? weightKg:string? weightLbs:string? title:string? "
        "firstName:string? lastName:string? dob:date? dateDeceased:date? genderMF:m|f? gender:M|F|U|I? "
        "email:string phone:string address1:string? address2:string city:string? state:string? "
        "postalCode:string? country:string? jobTitle:string? organizationName:string? teamName:string? "
        "nationalIds:national-id[]? orgLevelIds:organisation-id[]? teamLevelIds:team-id[]? contacts:contact[] "
        "patient:boolean"
    ),
    "national-id": "value:string name:string countryCodes:string[]",
    "organisation-id": "value:string name:string organizationName:string",
    "team-id": "value:string name:string teamName:string",
    "contact": (
        "id:digits contactType:EMAIL contactValue:string phoneUseType:home|work|temp|old|mobile? "
        "primary:boolean confirmed:boolean"
    ),
    "user-v1": (
        "id:digits title:string? firstName:string? lastName:string? dob:date? dobISO:date? genderMF:m|f? "
        "email:string address1:string? address2:string city:string? state:string? postalCode:string? "
        "country:string? jobTitle:string? organizationName:string? teamName:string? weightKg:string? "
        "weightLbs:string? heightFeet:string? heightInches:string? heightInchesTotal:string? heightCm:string? "
        "patient:boolean"
    ),
    "record-access-token": "code:string token:string expiry:date-time",
    "one-time-password": "otpToken:string expiresIn:integer",
    "measurement-type": (
        "id:integer name:string apiRef:string category:string unit:string unit2:string? code:string? "
        "code2:string? codeSystem:string? codeSystem2:string? codeSystemName:string? codeSystemName2:string? "
        "codeOfWhole:string?"
    ),
    "measurement": (
        "id:digits apiRef:string? takenDate:date-time enteredDate:date-time value:decimal? value2:decimal? "
        "valueNonNumeric:string? unit:string? privacyLabel:LABEL"
    ),
    "measurement-v1": (
        "id:integer name:string apiRef:string? category:string? unit:string? unit2:string? code:string? "
        "code2:string? codeSystem:string? codeSystem2:string? codeSystemName:string? codeSystemName2:string? "
        "history:measurement-value[]"
    ),
    "measurement-value": "id:digits takenDate:date-time enteredDate:date-time value:string? value2:decimal?",
    "concept": "displayText:string? codings:coding[]?",
    "coding": "displayText:string? code:string? codeSystem:string?",
    "medication": (
        "id:digits substance:concept startDate:date? endDate:date? frequency:string? doseValue:string? "
        "doseUnit:string? privacyLabel:LABEL"
    ),
    "allergy": (
        "id:digits substanceCode:concept? onsetOfSymptoms:date-time? reactions:concept[] severity:concept? "
        "privacyLabel:LABEL"
    ),
    "diagnosis-v1": "id:digits startDate:date? endDate:date? results:test-result[]",
    "care-plan": (
        "id:digits name:string createdDate:date-time lastEditedDate:date-time reviewDate:date? "
        "creatorId:digits? status:INDRAFT|ACTIVE privacyLabel:LABEL"
    ),
    "treatment-plan": (
        "id:digits name:string createdDate:date-time lastEditedDate:date-time reviewDate:date? "
        "creatorId:digits? status:INDRAFT|ACTIVE privacyLabel:LABEL actionPlan:string? red:string? "
        "amber:string? green:string?"
    ),
    "test-result": (
        "id:digits reportId:digits code:concept? name:string? timestamp:date-time value:decimal? "
        "textValue:string? unit:string? rangeLow:decimal? rangeHigh:decimal? textRange:string? "
        "comments:string? privacyLabel:LABEL"
    ),
    "message": (
        "kind:MESSAGE id:digits conversationId:digits patientId:digits timestamp:date-time subject:string "
        "content:string htmlAllowed:boolean senderId:digits? senderName:string recipientIds:digits[] "
        "status:SENT|UNREAD|READ attachmentIds:digits[] privacyLabel:LABEL"
    ),
    "document": (
        "kind:DOCUMENT id:digits conversationId:digits? patientId:digits timestamp:date-time subject:string "
        "content:string? htmlAllowed:boolean senderId:digits? senderName:string recipientIds:digits[] "
        "status:UNREAD|READ attachmentIds:digits[] documentType:string documentClass:string? "
        "privacyLabel:LABEL"
    ),
    "consent": (
        "id:digits patientId:digits teamId~:digits professionalId~:digits carerId~:digits discharged:boolean "
        "generalHealthConsentGranted:boolean mentalHealthConsentGranted:boolean "
        "sexualHealthConsentGranted:boolean socialCareConsentGranted:boolean "
        "generalHealthConsentGrantedReason~:REASON mentalHealthConsentGrantedReason~:REASON "
        "sexualHealthConsentGrantedReason~:REASON socialCareConsentGrantedReason~:REASON "
        "generalHealthConsentGrantedReasonText~:string mentalHealthConsentGrantedReasonText~:string "
        "sexualHealthConsentGrantedReasonText~:string socialCareConsentGrantedReasonText~:string"
    ),
}
"""Object of a response → its keys and their types: `?` may be null, `~` may be missing."""


def form_of(schema: dict[str, Any]) -> str:
    """The type of a key in the notation of the table."""
    if {"type": "null"} in schema.get("anyOf", ()):
        return f"{form_of(schema['anyOf'][0])}?"
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if schema.get("type") == "array":
        return f"{form_of(schema['items'])}[]"
    if "const" in schema or "enum" in schema:
        words = "|".join(schema.get("enum") or [schema["const"]])
        return {"|".join(LABELS): "LABEL", "|".join(REASONS): "REASON"}.get(words, words)
    if "pattern" in schema:
        return "digits" if schema["pattern"] == "^[0-9]+$" else "decimal"
    return str(schema.get("format") or schema["type"])


def test_each_response_has_its_keys_and_their_types(pkb: Client):
    schemas = pkb.control("/rest/openapi.json")["components"]["schemas"]
    described = {
        name: " ".join(
            f"{key}{'' if key in schema['required'] else '~'}:{form_of(value)}"
            for key, value in schema["properties"].items()
        )
        for name, schema in schemas.items()
        if name not in BODIES
    }
    assert described == RESPONSES
