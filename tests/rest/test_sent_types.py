"""The schemas of bodies: what they allow is accepted, and what they do not allow is refused."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sandbox.rest.openapi import document
from tests.rest.support import token_of
from tests.support import Client

Json = dict[str, Any]
PLAN, MEDICINE = {"name": "Plan"}, {"displayText": "Ramipril"}
ONE, TWO = "weight", "bloodPressure"
MEASURE = "/v1/measurements"
UNKNOWN_NUMBER = [{"name": "x", "value": "1"}]
CONSENT = "/v1/consents/forPatient/5010"
WRONG_KEYS = {"teamId": "2002", "carerId": "5001"}

BODIES: dict[str, tuple[str, str, Json, bool]] = {
    "a text of the most characters": ("POST", "/v1/treatmentPlans", {"name": "x" * 1000}, True),
    "a text that is too long": ("POST", "/v1/treatmentPlans", {"name": "x" * 1001}, False),
    "a required text that is empty": ("POST", "/v1/treatmentPlans", {"name": ""}, False),
    "an empty e-mail address": ("PUT", "/v1/users", {"id": "5010", "email": ""}, True),
    "an e-mail address without a name": ("PUT", "/v1/users", {"id": "5010", "email": "@example.org"}, False),
    "an id as a number with a point": ("PUT", "/v1/users", {"id": 5010.0}, True),
    "an id with a fraction": ("PUT", "/v1/users", {"id": 5010.5}, False),
    "an unknown national id type": ("PUT", "/v1/users", {"id": 5010, "nationalIds": UNKNOWN_NUMBER}, False),
    "a day of the last year": ("POST", "/v1/treatmentPlans", {**PLAN, "reviewDate": "2199-12-31"}, True),
    "a day too late": ("POST", "/v1/treatmentPlans", {**PLAN, "reviewDate": "2200-01-01"}, False),
    "a number": ("POST", MEASURE, {"apiRef": ONE, "value": 71.5}, True),
    "a number as text": ("POST", MEASURE, {"apiRef": ONE, "value": "71.5"}, True),
    "a number that is too large": ("POST", MEASURE, {"apiRef": ONE, "value": 10**15}, False),
    "milliseconds": ("POST", MEASURE, {"apiRef": ONE, "value": 71, "takenDate": 1.7e12}, True),
    "milliseconds as text": ("POST", MEASURE, {"apiRef": ONE, "value": 71, "takenDate": "1700000000000"}, True),
    "milliseconds too late": ("POST", MEASURE, {"apiRef": ONE, "value": 71, "takenDate": 7258118400000}, False),
    "an unknown type": ("POST", MEASURE, {"apiRef": "x", "value": 71}, False),
    "no type": ("POST", MEASURE, {"value": 71}, False),
    "a type by its constant": ("POST", MEASURE, {"type": "WEIGHT", "value": 71}, True),
    "two values for a type of two": ("POST", MEASURE, {"apiRef": TWO, "value": 124, "value2": 81}, True),
    "one value for a type of two": ("POST", MEASURE, {"apiRef": TWO, "value": 124}, False),
    "two values for a type of one": ("POST", MEASURE, {"apiRef": ONE, "value": 1, "value2": 1}, False),
    "a text as the value": ("POST", MEASURE, {"apiRef": ONE, "valueNonNumeric": "high"}, True),
    "a text and a number": ("POST", MEASURE, {"apiRef": ONE, "value": 1, "valueNonNumeric": "x"}, False),
    "a consent for a team": ("POST", CONSENT, {"teamId": "2003"}, True),
    "a consent for nobody": ("POST", CONSENT, {"teamId": ""}, False),
    "a consent for two": ("POST", CONSENT, WRONG_KEYS, False),
    "a consent by nothing": ("PUT", CONSENT, {}, False),
    "a medicine with a text": ("POST", "/v1/medications", {"substance": MEDICINE}, True),
    "a medicine with a code": ("POST", "/v1/medications", {"substance": {"codings": [{"code": "1"}]}}, True),
    "a medicine without either": ("POST", "/v1/medications", {"substance": {"codings": [{}]}}, False),
}  # fmt: skip
"""Method, path, body, and whether it is valid."""


@pytest.mark.parametrize(("method", "path", "body", "is_valid"), BODIES.values(), ids=BODIES)
def test_a_body_is_accepted_if_its_schema_allows_it(pkb: Client, method: str, path: str, body: Json, is_valid: bool):
    described = document("http://localhost")
    template = path.replace("5010", "{patientId}")
    content = described["paths"][template][method.lower()]["requestBody"]["content"]["application/json"]
    validator = Draft202012Validator(
        {**content["schema"], "components": described["components"]}, format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    assert validator.is_valid(body) == is_valid
    headers = {"Authorization": f"Bearer {pkb.user_token('rhys.delacroix@example.org')}"}
    response = pkb.http.request(method, f"/json{path}", json=body, headers=headers)
    assert (response.status_code < 400) == is_valid, response.text
    assert is_valid or response.status_code == 400


def test_the_words_for_a_parameter_are_those_of_the_world(pkb: Client):
    assert token_of(pkb, "CLINICIAN")
    parameters = pkb.control("/rest/openapi.json")["paths"]["/v1/measurements/byType/{type}"]["get"]["parameters"]
    (type_,) = parameters
    assert {"weight", "WEIGHT", "bloodPressure"} <= set(type_["schema"]["enum"])
