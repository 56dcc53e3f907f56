"""The operations of the Custom REST API, row by row: who may call each, as what, and the keys of each object.

Both tables say a second time what the catalogue says, from the pages of PKB that its rows name.
"""

from __future__ import annotations

import pytest

from tests.rest.support import PEOPLE, call, token_of
from tests.rest.test_closed_keys import answers, give_number
from tests.support import Client

LETTERS = {"PATIENT": "P", "CLINICIAN": "C", "TEAMCOORD": "T", "SITE": "CT"}
"""User type → the scopes that its session passes, by their first letters."""

OPERATIONS = (
    ("GET", "/users/self", "PCT", "read_demographics"),
    ("GET", "/users/myCarers", "P", "read_demographics"),
    ("GET", "/users/myPatients", "PC", "read_demographics"),
    ("GET", "/v1/users/1", "PCT", "read_demographics"),
    ("GET", "/v1/users/self", "PCT", "read_demographics"),
    ("GET", "/v1/users/self/patients", "CT", "read_demographics"),
    ("GET", "/v1/users/self/colleagues", "CT", "read_demographics"),
    ("GET", "/v2-beta/users/byNationalId/1/1", "CT", "read_demographics"),
    ("POST", "/v1/users", "PT", "send_data"),
    ("PUT", "/v1/users", "PT", "send_data"),
    ("POST", "/v1/users/1/deactivate", "T", "send_data"),
    ("GET", "/v1/users/1/recordAccessToken", "T", "read_demographics"),
    ("GET", "/v1/otp", "PCT", "read_demographics"),
    ("GET", "/v1/consents/byPatient/1", "PCT", "read_clinical"),
    ("POST", "/v1/consents/forPatient/1", "PCT", "send_data"),
    ("PUT", "/v1/consents/forPatient/1", "PCT", "send_data"),
    ("GET", "/v2-beta/measurements", "P", "read_clinical"),
    ("GET", "/v2-beta/measurements/1", "PCT", "read_clinical"),
    ("POST", "/v2-beta/measurements/1", "C", "send_data"),
    ("PUT", "/v2-beta/measurements/1", "C", "send_data"),
    ("POST", "/v1/measurements", "P", "send_data"),
    ("PUT", "/v1/measurements", "P", "send_data"),
    ("DELETE", "/v1/measurements/1", "P", "send_data"),
    ("GET", "/v1/measurements/byType/1", "P", "read_clinical"),
    ("GET", "/v1/measurements/all", "P", "read_clinical"),
    ("GET", "/v1/medications", "P", "read_clinical"),
    ("GET", "/v1/medications/active", "P", "read_clinical"),
    ("GET", "/v1/medications/forPatient/1", "C", "read_clinical"),
    ("GET", "/v1/medications/forPatient/1/active", "C", "read_clinical"),
    ("POST", "/v1/medications", "P", "send_data"),
    ("PUT", "/v1/medications", "P", "send_data"),
    ("GET", "/v2-beta/allergies/forPatient/1", "C", "read_clinical"),
    ("GET", "/v1/diagnoses/all", "P", "read_clinical"),
    ("GET", "/v2-beta/careplans/1", "PCT", "read_clinical"),
    ("GET", "/treatmentPlans/forPatient/1", "C", "read_clinical"),
    ("GET", "/v1/treatmentPlans/mine", "P", "read_clinical"),
    ("POST", "/v1/treatmentPlans", "PC", "send_data"),
    ("GET", "/v1/tests/results/forPatient/byTestIds", "C", "read_clinical"),
    ("GET", "/v2-beta/tests/results", "P", "read_clinical"),
    ("GET", "/messages/after/1", "PC", "read_clinical"),
    ("GET", "/attachments/1", "PCT", "read_clinical"),
)
"""Method, path, scopes, and the action of the access matrix that an operation counts as."""

KEYS = {
    "allergy": "id onsetOfSymptoms privacyLabel reactions severity substanceCode",
    "care-plan": "createdDate creatorId id lastEditedDate name privacyLabel reviewDate status",
    "coding": "code codeSystem displayText",
    "concept": "codings displayText",
    "consent": (
        "carerId discharged generalHealthConsentGranted generalHealthConsentGrantedReason id "
        "mentalHealthConsentGranted patientId professionalId sexualHealthConsentGranted "
        "socialCareConsentGranted teamId"
    ),
    "contact": "confirmed contactType contactValue id phoneUseType primary",
    "diagnosis-v1": "endDate id results startDate",
    "document": (
        "attachmentIds content conversationId documentClass documentType htmlAllowed id kind patientId "
        "privacyLabel recipientIds senderId senderName status subject timestamp"
    ),
    "measurement": "apiRef enteredDate id privacyLabel takenDate unit value value2 valueNonNumeric",
    "measurement-type": (
        "apiRef category code code2 codeOfWhole codeSystem codeSystem2 codeSystemName codeSystemName2 id name "
        "unit unit2"
    ),
    "measurement-v1": (
        "apiRef category code code2 codeSystem codeSystem2 codeSystemName codeSystemName2 history id name unit unit2"
    ),
    "measurement-value": "enteredDate id takenDate value value2",
    "medication": "doseUnit doseValue endDate frequency id privacyLabel startDate substance",
    "message": (
        "attachmentIds content conversationId htmlAllowed id kind patientId privacyLabel recipientIds "
        "senderId senderName status subject timestamp"
    ),
    "national-id": "countryCodes name value",
    "one-time-password": "expiresIn otpToken",
    "organisation-id": "name organizationName value",
    "record-access-token": "code expiry token",
    "team-id": "name teamName value",
    "test-result": (
        "code comments id name privacyLabel rangeHigh rangeLow reportId textRange textValue timestamp unit value"
    ),
    "treatment-plan": (
        "actionPlan amber createdDate creatorId green id lastEditedDate name privacyLabel red reviewDate status"
    ),
    "user": (
        "address1 address2 city contacts country dateDeceased dob email firstName gender genderMF heightCm "
        "heightFeet heightInches heightInchesTotal id jobTitle lastName nationalIds orgLevelIds "
        "organizationName patient phone postalCode state teamLevelIds teamName title userType weightKg "
        "weightLbs"
    ),
    "user-v1": (
        "address1 address2 city country dob dobISO email firstName genderMF heightCm heightFeet heightInches "
        "heightInchesTotal id jobTitle lastName organizationName patient postalCode state teamName title "
        "weightKg weightLbs"
    ),
}
"""Object → all keys that it is served with."""


@pytest.mark.parametrize("user_type", [*PEOPLE, "SITE"])
def test_an_operation_is_open_to_sessions_of_its_scopes(pkb: Client, user_type: str):
    token = token_of(pkb, user_type)
    differences = []
    for method, path, scopes, action in OPERATIONS:
        response = call(pkb, method, path, token)
        is_open = bool(set(scopes) & set(LETTERS[user_type]))
        is_refused = response.status_code == 403 and "WRONG_SCOPE" in response.text
        cell = response.headers.get("pkb-sandbox-cell", "").split(", ")[0]
        if is_refused == is_open or not cell.endswith(f".rest.{action}"):
            differences.append((method, path, response.status_code, cell))
    assert differences == []


def test_no_operation_is_open_without_a_session(pkb: Client):
    assert {call(pkb, method, path).status_code for method, path, _, _ in OPERATIONS} == {401}
    assert call(pkb, "GET", "/v2-beta/measurements/apiRefs").status_code == 200


def test_each_object_has_its_keys(pkb: Client):
    give_number(pkb, {"type": "ec9a24c8-99f3-4dd1-b821-84c3bb92870b", "value": "DR17"})
    served: dict[str, set[str]] = {}
    for name, keys in answers(pkb):
        served[name] = served.get(name, set()) | keys
    assert served == {name: set(keys.split()) for name, keys in KEYS.items()}
