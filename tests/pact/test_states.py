"""Each provider state: what it brings about, as the APIs show it, and that its teardown takes it back."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.pact.acts import ACTS
from sandbox.pact.messages import templates
from sandbox.pact.parameters import TYPES
from sandbox.pact.people import PEOPLE
from sandbox.pact.state import parameters, states
from tests.control.test_openapi import assert_described
from tests.hl7.samples import example
from tests.pact.support import PATH, post, set_up, take_back, world
from tests.support import Client

Json = dict[str, Any]


def record(pkb: Client, values: Json) -> Json:
    whole: Json = pkb.control(f"/records/{values['patient_id']}")
    return whole


def patient(pkb: Client, values: Json) -> Json:
    return next(row for row in pkb.control("/world")["patients"] if row["id"] == values["patient_id"])


def facade(pkb: Client, values: Json, path: str) -> Any:
    headers = {"Authorization": f"Bearer {values['access_token']}", "X-Org-Public-Id": values["organisation_id"]}
    return pkb.http.get(f"/fhir{path}", headers=headers)


def self_of_app(pkb: Client, values: Json) -> Any:
    return pkb.http.get("/json/users/self", headers={"Authorization": f"Bearer {values['access_token']}"})


def is_of(pkb: Client, values: Json, kind: str, id_key: str) -> Json:
    return next(row for row in record(pkb, values)[kind] if row["id"] == values[id_key])


def signs_in_by_basic(pkb: Client, values: Json) -> bool:
    pair = base64.b64decode(values["basic_authorization"].removeprefix("Basic ")).decode()
    form = {"grant_type": "client_credentials"}
    headers = {"Authorization": values["basic_authorization"]}
    response = pkb.http.post("/api/oauth/token", data=form, headers=headers)
    return pair == f"{values['client_id']}:{values['client_secret']}" and response.status_code == 200


def hl7_statuses(pkb: Client) -> str:
    return pkb.send(example("siu_s12")).code


SHOWS: dict[str, Callable[[Client, Json], bool]] = {
    "a patient exists": lambda pkb, v: facade_patient(pkb, v) == v["family_name"],
    "a patient is registered": lambda pkb, v: patient(pkb, v)["registered"] and not patient(pkb, v)["deceased"],
    "a patient is not registered": lambda pkb, v: not patient(pkb, v)["registered"],
    "a patient has died": lambda pkb, v: patient(pkb, v)["deceased"],
    "no patient has the NHS number": lambda pkb, v: all(
        pkb.http.get(f"/_sandbox/records/{v[key]}").status_code == 404 for key in ("patient_id", "nhs_number")
    ),
    "a team has consent": lambda pkb, v: is_of(pkb, v, "consents", "consent_id")["labels"] == ["GENERAL_HEALTH"],
    "consent is withdrawn": lambda pkb, v: not any(row["labels"] for row in record(pkb, v)["consents"]),
    "sharing is disabled": lambda pkb, v: patient(pkb, v)["sharing_disabled"],
    "access is frozen": lambda pkb, v: patient(pkb, v)["access_frozen"],
    "an appointment is booked": lambda pkb, v: is_of(pkb, v, "appointments", "appointment_id")["status"] == "ACTIVE",
    "an appointment is cancelled": lambda pkb, v: (
        is_of(pkb, v, "appointments", "appointment_id")["status"] == "CANCELLED"
    ),
    "a result is reported": lambda pkb, v: is_of(pkb, v, "lab_results", "result_id")["report"] == v["report_id"],
    "a document is filed": lambda pkb, v: not is_of(pkb, v, "documents", "document_id")["read_at"],
    "a document has been read": lambda pkb, v: bool(is_of(pkb, v, "documents", "document_id")["read_at"]),
    "a measurement is entered": lambda pkb, v: is_of(pkb, v, "measurements", "measurement_id")["type"] == "weight",
    "a questionnaire is requested": lambda pkb, v: (
        is_of(pkb, v, "questionnaire_requests", "request_id")["status"] != "COMPLETED"
    ),
    "a questionnaire is answered": lambda pkb, v: (
        is_of(pkb, v, "questionnaire_responses", "response_id")["request"] == v["request_id"]
    ),
    "a client exists": signs_in_by_basic,
    "an HL7 user exists": lambda pkb, v: pkb.credential(v["client_id"])["password"] == v["client_secret"],
    "a client has an access token": lambda pkb, v: facade(pkb, v, "/Patient/x").status_code == 404,
    "an access token has expired": lambda pkb, v: "ACC_TOKEN_EXPIRED" in facade(pkb, v, "/Patient/x").text,
    "a person has signed in": lambda pkb, v: self_of_app(pkb, v).json()["id"] == str(v["legacy_id"]),
    "a session has ended": lambda pkb, v: "API_SESSION_INVALID" in facade(pkb, v, "/Patient/x").text,
    "a grant is revoked": lambda pkb, v: facade(pkb, v, "/Patient/x").status_code == 403,
    "a credential is revoked": lambda pkb, v: facade(pkb, v, "/Patient/x").status_code == 401,
    "the clock is frozen": lambda pkb, v: pkb.control("/clock")["now"] == v["at"] == "2026-07-01T12:00:00Z",
    "the clock has advanced": lambda pkb, v: pkb.control("/clock")["mode"] == "real",
    "PKB is unavailable": lambda pkb, v: is_refused_for_a_second(pkb, 503),
    "the client sends too fast": lambda pkb, v: is_refused_for_a_second(pkb, 429),
    "HL7 messages fail": lambda pkb, v: hl7_statuses(pkb) == "AE",
    "HL7 messages are rejected": lambda pkb, v: hl7_statuses(pkb) == "AR",
}
"""State → whether it shows."""


def facade_patient(pkb: Client, values: Json) -> str:
    token = set_up(pkb, "a client has an access token")
    family: str = facade(pkb, {**values, **token}, f"/Patient/{values['patient_id']}").json()["name"][0]["family"]
    take_back(pkb, "a client has an access token")
    return family


def is_refused_for_a_second(pkb: Client, status: int) -> bool:
    response = pkb.facade("/Patient/x")
    return (response.status_code, response.headers["Retry-After"]) == (status, "1")


@pytest.mark.parametrize("name", states())
def test_a_state_shows_and_is_taken_back(pkb: Client, name: str):
    pkb.token("letterbox-facade")  # before a state that lets no token be issued
    before = world(pkb)
    values = set_up(pkb, name)
    assert set(values) == set(states()[name].values)
    assert SHOWS[name](pkb, values)
    take_back(pkb, name)
    assert world(pkb) == before
    assert pkb.control("/checkpoints") == {"checkpoints": []}


def test_the_list_is_as_described(pkb: Client):
    response = pkb.http.get(PATH)
    assert_described("GET", "/pact/states", response)
    assert [row["name"] for row in response.json()["states"]] == list(states())


def test_each_answer_is_as_described(pkb: Client):
    for body in ({"state": "a patient exists"}, {"state": "x"}, {"state": 1}, {"state": "", "action": "teardown"}):
        assert_described("POST", "/pact/states", post(pkb, **body))


def test_the_rows_hang_together():
    """Every act, message, person, parameter and type that a row names exists, and nothing is there for nothing."""
    rows = [row for state in states().values() for row in state.do]
    assert set(ACTS) <= {row["act"] for row in rows}
    assert set(parameters()) == {name for state in states().values() for name in state.defaults}
    assert {parameter.type for parameter in parameters().values()} == set(TYPES)
    assert {state.person for state in states().values()} - {""} == set(PEOPLE)
    sent_by_people = {"adt_a28", "adt_a31", "adt_a31_deceased"}
    assert {row["message"] for row in rows if "message" in row} | sent_by_people == set(templates())
