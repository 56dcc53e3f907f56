"""Requirements on the body of every operation: media type, JSON, Parameters, names, counts, types."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fhir.facade.operations.samples import NHS, TOLA, nhs, patients, post
from tests.fhir.rendered.test_offered import FACADE
from tests.support import Client, assert_operation_outcome

PATH = "/Patient/$status-query"
CHECK_IN = "248f29fa-0aa1-47c8-a07d-e0bd3ab3157f"
PATHS = [
    f"/{operation.resource}{f'/{CHECK_IN}' if operation.level == 'instance' else ''}/${operation.name}"
    for operation in FACADE.operations
    if "POST" in operation.methods
]
IDENTIFIER = {"name": "patientIdentifier", "valueIdentifier": nhs(TOLA)}


def entry(**row: Any) -> Any:
    return {"resourceType": "Parameters", "parameter": [row]}


STRUCTURE: dict[str, tuple[Any, str]] = {
    "a list": ([1], "The body must be a Parameters resource, a JSON object"),
    "a Patient": (
        {"resourceType": "Patient"},
        "The body must be a Parameters resource, not 'Patient'",
    ),
    "no type": ({"parameter": []}, "The body must be a Parameters resource, not None"),
    "an unknown element": (
        {"resourceType": "Parameters", "parameters": []},
        "Parameters contains an unknown element 'parameters'",
    ),
    "an object": (
        {"resourceType": "Parameters", "parameter": {"name": "x"}},
        "Parameters.parameter must be a list of objects",
    ),
    "text entries": (
        {"resourceType": "Parameters", "parameter": ["x"]},
        "Parameters.parameter must be a list of objects",
    ),
    "no name": (entry(valueString="x"), "Parameters.parameter.name must be text in every entry"),
    "a number for a name": (entry(name=1), "Parameters.parameter.name must be text in every entry"),
}


@pytest.mark.parametrize(("body", "text"), STRUCTURE.values(), ids=STRUCTURE)
def test_a_body_that_is_not_a_parameters_resource_is_refused(pkb: Client, body: Any, text: str):
    assert_operation_outcome(post(pkb, PATH, body), 400, "structure", text)


VALUES: dict[str, tuple[Any, str]] = {
    "another name": (
        entry(name="identifier", valueIdentifier=nhs(TOLA)),
        "identifier: status-query does not define this parameter",
    ),
    "an out parameter": (entry(name="patientStatus"), "patientStatus: status-query does not define this parameter"),
    "text": (
        entry(name="patientIdentifier", valueString=TOLA),
        "patientIdentifier: must have only valueIdentifier, not valueString",
    ),
    "two values": (
        entry(name="patientIdentifier", valueIdentifier=nhs(TOLA), valueString=TOLA),
        "patientIdentifier: must have only valueIdentifier, not valueIdentifier, valueString",
    ),
    "no value": (
        entry(name="patientIdentifier"),
        "patientIdentifier: must have only valueIdentifier, not nothing",
    ),
    "parts": (
        entry(name="patientIdentifier", part=[]),
        "patientIdentifier: must have only valueIdentifier, not part",
    ),
    "a list": (
        entry(name="patientIdentifier", valueIdentifier=[nhs(TOLA)]),
        "patientIdentifier: valueIdentifier must be an object",
    ),
    "null": (
        entry(name="patientIdentifier", valueIdentifier=None),
        "patientIdentifier: valueIdentifier must be an object",
    ),
    "a number": (
        entry(name="patientIdentifier", valueIdentifier={"system": NHS, "value": 9991001379}),
        "patientIdentifier: Identifier.value must be text",
    ),
    "a type that is text": (
        entry(name="patientIdentifier", valueIdentifier={**nhs(TOLA), "type": "NH"}),
        "patientIdentifier: Identifier.type must be an object",
    ),
    "an unknown element": (
        entry(name="patientIdentifier", valueIdentifier={**nhs(TOLA), "code": "x"}),
        "patientIdentifier: Identifier contains an unknown element 'code'",
    ),
}


@pytest.mark.parametrize(("body", "text"), VALUES.values(), ids=VALUES)
def test_a_value_of_another_name_or_type_is_refused(pkb: Client, body: Any, text: str):
    assert_operation_outcome(post(pkb, PATH, body), 400, "invalid", text)


@pytest.mark.parametrize(
    "identifier", [{"system": NHS}, {"value": TOLA}, {}, {"system": "", "value": TOLA}, {"system": NHS, "value": ""}]
)
def test_an_identifier_without_system_or_value_is_refused(pkb: Client, identifier: dict[str, str]):
    missing = " and ".join(key for key in ("system", "value") if not identifier.get(key))
    response = post(pkb, PATH, patients(nhs(TOLA), identifier))
    assert_operation_outcome(response, 400, "exception", f"Identifier without {missing}")


def test_no_identifier_at_all_is_refused(pkb: Client):
    text = "patientIdentifier is missing"
    assert_operation_outcome(post(pkb, PATH, {"resourceType": "Parameters"}), 400, "required", text)


def test_elements_that_fhir_allows_everywhere_are_accepted(pkb: Client):
    row = {
        **IDENTIFIER,
        "id": "1",
        "valueIdentifier": {**nhs(TOLA), "use": "official", "_value": {"id": "v"}, "extension": []},
    }
    body = {"resourceType": "Parameters", "id": "x", "meta": {}, "parameter": [row]}
    assert post(pkb, PATH, body).status_code == 200


@pytest.mark.parametrize("content", [b"{", b"\xff", b'{"a":NaN}', b'"\\ud800"', b"[" * 100_000, b"null"])
def test_invalid_json_is_refused(pkb: Client, content: bytes):
    headers = {"Content-Type": "application/fhir+json"}
    response = pkb.facade(PATH, method="POST", content=content, headers=headers)
    assert_operation_outcome(response, 400, "structure")


@pytest.mark.parametrize("type_", ["application/fhir+xml", "text/plain", "application/x-www-form-urlencoded", ""])
def test_another_media_type_is_refused(pkb: Client, type_: str):
    content = json.dumps(patients(nhs(TOLA)))
    response = pkb.facade(PATH, method="POST", content=content, headers={"Content-Type": type_})
    assert_operation_outcome(response, 415, "not-supported", "The body must be application/fhir+json")


@pytest.mark.parametrize("type_", ["application/fhir+json;charset=utf-8", "application/json", "application/json+fhir"])
def test_json_is_taken_under_each_of_its_names(pkb: Client, type_: str):
    content = json.dumps(patients(nhs(TOLA)))
    assert pkb.facade(PATH, method="POST", content=content, headers={"Content-Type": type_}).status_code == 200


def test_a_caller_that_does_not_accept_json_is_refused(pkb: Client):
    response = post(pkb, PATH, patients(nhs(TOLA)), headers={"Accept": "application/fhir+xml"})
    assert_operation_outcome(response, 406, "not-supported")


def test_an_operation_refuses_query_parameters(pkb: Client):
    assert_operation_outcome(post(pkb, f"{PATH}?patient=1", patients(nhs(TOLA))), 400, "processing")
    assert post(pkb, f"{PATH}?_format=json", patients(nhs(TOLA))).status_code == 200


NAMES = sorted({"patientIdentifier", "documentIdentifier", "requestor", "target", "notificationFlag", "x", ""})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
REFERENCES = st.fixed_dictionaries({"reference": st.text(max_size=12) | st.just("Patient/1")})
IDENTIFIERS = st.fixed_dictionaries(
    {}, optional={"system": st.just(NHS) | st.text(max_size=6) | JSON, "value": st.text(max_size=10) | JSON}
)
ENTRIES = st.fixed_dictionaries(
    {"name": st.sampled_from(NAMES) | JSON},
    optional={
        "valueIdentifier": IDENTIFIERS | JSON,
        "valueReference": REFERENCES
        | st.builds(lambda identifier: {"identifier": identifier}, IDENTIFIERS | JSON)
        | JSON,
        "valueCode": JSON,
        "valueString": JSON,
    },
)
BODIES = JSON | st.builds(
    lambda rows: {"resourceType": "Parameters", "parameter": rows}, st.lists(ENTRIES, max_size=3) | JSON
)


@settings(max_examples=150)
@given(path=st.sampled_from(PATHS), body=BODIES)
def test_any_body_gets_parameters_or_an_operation_outcome(pkb: Client, path: str, body: Any):
    response = post(pkb, path, body)
    assert response.status_code < 500, response.text
    expected = "Parameters" if response.status_code == 200 else "OperationOutcome"
    assert response.json()["resourceType"] == expected
