"""What Letterbox needs of PKB, as a pact: each test runs the client against Pact's mock, which adds to `pacts/`.

Values that exist only at the provider (ids, tokens, secrets) have an example here, and the name of the value that the
provider state returns for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from letterbox import ENVELOPE, Letterbox, Unavailable
from pact import Pact, generate, match

PACTS = Path(__file__).parents[1] / "pacts"
PATIENT, ORGANISATION = "4c86625f-13d7-423c-93e9-d58574a12dec", "ab0469a5-c2ba-4ff7-b9d4-9080df2db07e"
BASIC = "Basic bGV0dGVyYm94OnNlY3JldA=="
FORM, FHIR = "application/x-www-form-urlencoded", "application/fhir+json;charset=utf-8"
XML = "text/xml;charset=utf-8"
SOAP, PKB = "http://schemas.xmlsoap.org/soap/envelope/", "http://wsssl.hl7api.patientsknowbest.com/"
REPLY = (
    f'<S:Envelope xmlns:S="{SOAP}"><S:Body><ns2:acceptMessageResponse xmlns:ns2="{PKB}">'
    "<return>MSH|^~\\&amp;|HL7API|PKB&#xD;MSA|AA|letterbox-1</return></ns2:acceptMessageResponse></S:Body></S:Envelope>"
)
REPLIED = f"$['{SOAP}:Envelope']['{SOAP}:Body']['{PKB}:acceptMessageResponse'].return['#text']"
ACCEPTED = r"MSH\|[\s\S]*MSA\|AA\|letterbox-1\s*"
MESSAGE = (
    "MSH|^~\\&|PAS|RNM99|HL7API|PKB|20260310101500+0000||ADT^A28|letterbox-1|P|2.4\r"
    "PID|||9998120012^^^NHS^NH{status:01}||Khatun^Rina||19910623|F\r"
)


@pytest.fixture
def pact() -> Iterator[Pact]:
    """The contract; a test whose client does not do what it says writes nothing."""
    contract = Pact("Letterbox", "Patients Know Best").with_specification("V4")
    yield contract
    contract.write_file(PACTS)


@contextmanager
def mock(pact: Pact) -> Iterator[Letterbox]:
    """The client with Pact's mock in the place of PKB."""
    with pact.serve() as server:
        yield Letterbox(str(server.url))


def value(example: str, expression: str) -> Any:
    """An example for the mock, in whose place the verifier puts values of the provider state."""
    return match.type(example, generator=generate.provider_state(expression))


def as_partner(request: Any) -> Any:
    """Authorise a call on behalf of the organisation; the token comes from a provider state."""
    return request.with_header("Authorization", value("Bearer a-token", "Bearer ${access_token}")).with_header(
        "X-Org-Public-Id", value(ORGANISATION, "${organisation_id}")
    )


def test_a_token(pact: Pact) -> None:
    (
        pact.upon_receiving("a request for a token")
        .given("a client exists")
        .with_request("POST", "/api/oauth/token")
        .with_header("Authorization", value(BASIC, "${basic_authorization}"))
        .with_body("grant_type=client_credentials", FORM)
        .will_respond_with(200)
        .with_body({"access_token": match.str("a-token"), "token_type": "bearer", "expires_in": match.int(3599)})
    )
    with mock(pact) as client:
        assert client.token(BASIC) == "a-token"


def patient(pact: Pact, text: str, *states: str, **params: str) -> Any:
    """A read of a patient in some states; the parameters are of the first."""
    interaction = pact.upon_receiving(text).given(states[0], **params)
    for state in states[1:]:
        interaction = interaction.given(state)
    path = value(f"/fhir/Patient/{PATIENT}", "/fhir/Patient/${patient_id}")
    return as_partner(interaction.with_request("GET", path))


def test_a_patient(pact: Pact) -> None:
    (
        patient(
            pact, "a read of a patient", "a patient is registered", "a client has an access token", family_name="Quill"
        )
        .will_respond_with(200)
        .with_body(
            {"resourceType": "Patient", "id": value(PATIENT, "${patient_id}"), "name": [{"family": "Quill"}]}, FHIR
        )
    )
    with mock(pact) as client:
        assert client.name_of(PATIENT, "a-token", ORGANISATION) == "Quill"


def test_no_patient(pact: Pact) -> None:
    (
        patient(pact, "a read of a patient of nobody", "no patient has the NHS number", "a client has an access token")
        .will_respond_with(404)
        .with_body({"resourceType": "OperationOutcome", "issue": [{"code": "not-found"}]}, FHIR)
    )
    with mock(pact) as client:
        assert client.name_of(PATIENT, "a-token", ORGANISATION) is None


def test_an_expired_token(pact: Pact) -> None:
    code = {"details": {"coding": [{"code": "ACC_TOKEN_EXPIRED"}]}}
    (
        patient(pact, "a read with an expired token", "a patient exists", "an access token has expired")
        .will_respond_with(401)
        .with_body({"resourceType": "OperationOutcome", "issue": [code]}, FHIR)
    )
    with mock(pact) as client, pytest.raises(PermissionError):
        client.name_of(PATIENT, "a-token", ORGANISATION)


def test_pkb_is_unavailable(pact: Pact) -> None:
    (
        patient(
            pact,
            "a read while PKB is unavailable",
            "PKB is unavailable",
            "a patient exists",
            "a client has an access token",
            api="facade",
            retry_after="7",
        )
        .will_respond_with(503)
        .with_header("Retry-After", "7")
    )
    with mock(pact) as client, pytest.raises(Unavailable) as refusal:
        client.name_of(PATIENT, "a-token", ORGANISATION)
    assert refusal.value.seconds == 7


def test_appointments(pact: Pact) -> None:
    entry = {
        "resource": {
            "resourceType": "Appointment",
            "id": value("1", "${appointment_id}"),
            "status": "cancelled",
        }
    }
    (
        as_partner(
            pact.upon_receiving("a search for appointments")
            .given("a patient is registered", family_name="Quill")
            .given("a team has consent")
            .given("an appointment is cancelled")
            .given("a client has an access token")
            .with_request("GET", "/fhir/Appointment")
            .with_query_parameter("patient", value(PATIENT, "${patient_id}"))
        )
        .will_respond_with(200)
        .with_body({"resourceType": "Bundle", "total": 1, "entry": [entry]}, FHIR)
    )
    with mock(pact) as client:
        assert client.appointments(PATIENT, "a-token", ORGANISATION) == {"1": "cancelled"}


def test_a_message(pact: Pact) -> None:
    (
        pact.upon_receiving("an HL7 message about a new patient")
        .given("an HL7 user exists")
        .with_request("POST", "/services/hl7")
        .with_header("Authorization", value(BASIC, "${basic_authorization}"))
        .with_header("SOAPAction", '""')
        .with_body(ENVELOPE.format(MESSAGE.replace("&", "&amp;")), XML)
        .will_respond_with(200)
        .with_body(REPLY, XML)
        .with_matching_rules({"body": {REPLIED: {"matchers": [{"match": "regex", "regex": ACCEPTED}]}}})
    )
    with mock(pact) as client:
        assert client.send(MESSAGE, BASIC) == "AA"


def test_weights(pact: Pact) -> None:
    history = [{"value": "71.5", "takenDate": match.str("2026-07-01T12:00:00.000Z")}]
    (
        pact.upon_receiving("a read of the patient's own weights")
        .given("a patient is registered", family_name="Quill")
        .given("a measurement is entered", type="weight", value="71.5")
        .given("a person has signed in")
        .with_request("GET", "/json/v1/measurements/byType/weight")
        .with_header("Authorization", value("Bearer a-token", "Bearer ${access_token}"))
        .will_respond_with(200)
        .with_body({"results": [{"apiRef": "weight", "unit": "kg", "history": history}]}, "application/json")
    )
    with mock(pact) as client:
        assert client.weights("a-token") == ["71.5"]
