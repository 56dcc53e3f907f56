"""The catalogue of the Custom REST API, as a table: addresses, user types, actions.

Source: http://dev.patientsknowbest.com/home/rest-api
"""

from __future__ import annotations

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from sandbox.access.matrix import ACTIONS
from sandbox.facts import ledger
from sandbox.rest.catalogue import FILE, SCOPES, RestOperation, operations, scopes_by_user_type
from sandbox.rest.objects import TYPES, ObjectShape, shapes
from sandbox.rest.openapi import document
from tests.rest.support import DOCUMENT, validate

USER_2014 = (
    "id state country firstName lastName title address1 address2 city postalCode dob dobISO organizationName email"
    " jobTitle genderMF teamName weightKg weightLbs heightFeet heightInches heightInchesTotal heightCm patient"
)
MEASUREMENT_2014 = (
    "id history name code apiRef codeSystem codeSystemName category unit code2 codeSystem2 codeSystemName2 unit2"
)
DIAGNOSIS_2014 = "id startDate endDate results"

EACH = pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.id)


def test_the_catalogue_has_every_operation_once():
    assert len([operation for operation in operations() if operation.seen is None]) == 38
    assert len({operation.id for operation in operations()}) == len(operations())
    assert len({(operation.method, operation.path) for operation in operations()}) == len(operations())


def test_the_paths_of_2014_are_marked():
    assert [operation.path for operation in operations() if operation.seen == 2014] == [
        "/v1/users/self",
        "/v1/users/self/colleagues",
        "/v1/measurements/all",
        "/v1/diagnoses/all",
    ]


@EACH
def test_an_operation_is_a_fact_of_its_own(operation: RestOperation):
    fact = ledger()[operation.id]
    assert (fact.text, fact.standing, fact.source) == (operation.text, operation.standing, operation.source)


@EACH
def test_an_operation_has_an_address_and_an_action(operation: RestOperation):
    assert operation.method in ("GET", "POST", "PUT", "DELETE")
    assert operation.path.startswith("/")
    assert set(operation.scopes) <= set(SCOPES)
    assert operation.action in (*ACTIONS[:3], "none")


@EACH
def test_writing_calls_send_data_and_reading_calls_do_not(operation: RestOperation):
    assert (operation.action == "send_data") == (operation.method != "GET")


@EACH
def test_a_public_operation_has_no_action_and_is_read_at_a_fixed_path(operation: RestOperation):
    assert operation.public == (operation.action == "none")
    if operation.public:
        assert operation.method == "GET"
        assert "{" not in operation.path


def test_the_list_of_measurement_types_alone_is_public():
    assert [operation.path for operation in operations() if operation.public] == ["/v2-beta/measurements/apiRefs"]


def test_a_path_that_pkb_does_not_publish_is_a_choice():
    ours = [operation for operation in operations() if not operation.path_published]
    assert [operation.id for operation in ours] == ["rest.user-deactivate", "rest.one-time-password"]
    assert (
        {operation.standing for operation in ours} == {"choice"} != {operation.standing for operation in operations()}
    )
    assert all(operation.path in operation.text for operation in ours)


def test_a_tethered_session_passes_for_a_clinician_and_a_coordinator():
    expected = {**{name: {name} for name in SCOPES}, "SITE": {"CLINICIAN", "TEAMCOORD"}}
    assert scopes_by_user_type() == expected


# --- what goes in and out ---


@EACH
def test_each_request_and_response_is_an_object_of_the_file(operation: RestOperation):
    assert all(name in shapes() or name == FILE for name in operation.answers)
    assert not operation.body or shapes()[operation.body].is_request
    assert bool(operation.body) == (operation.method in ("POST", "PUT") and operation.id != "rest.user-deactivate")


@EACH
def test_only_lists_of_v1_are_wrapped(operation: RestOperation):
    assert operation.wrapped == (operation.many and operation.path.startswith("/v1/"))


@pytest.mark.parametrize("shape", shapes().values(), ids=shapes())
def test_a_key_is_of_a_known_type_and_a_fact_of_its_own(shape: ObjectShape):
    for key in shape.keys:
        assert key.type in TYPES or key.type in shapes()
        facts = [fact for id_, fact in ledger().items() if id_.endswith(f".keys.{key.name}")]
        assert key.text in [fact.text for fact in facts]


@pytest.mark.parametrize(
    "shape", [shape for shape in shapes().values() if not shape.is_request], ids=lambda shape: shape.name
)
def test_the_example_of_an_answer_is_as_its_schema_says(shape: ObjectShape):
    validate(shape.name, shape.example())


# --- the OpenAPI document ---


def test_the_document_is_valid_openapi():
    assert list(OpenAPIV31SpecValidator(document("http://localhost")).iter_errors()) == []


def test_the_document_has_what_the_catalogue_has_and_nothing_else():
    described = {
        (method.upper(), path): described_operation
        for path, item in DOCUMENT["paths"].items()
        for method, described_operation in item.items()
    }
    assert set(described) == {(operation.method, operation.path) for operation in operations()}
    for operation in operations():
        described_operation = described[operation.method, operation.path]
        assert (described_operation["x-pkb-scopes"], described_operation["x-pkb-standing"]) == (
            list(operation.scopes),
            operation.standing,
        )
        assert (described_operation["security"] == []) == operation.public
        assert [p["name"] for p in described_operation["parameters"]] == [p.name for p in operation.parameters]


def test_the_keys_of_2014_are_those_of_a_client_that_failed_on_any_other():
    assert {key.name for key in shapes()["user-v1"].keys} == set(USER_2014.split())
    assert {key.name for key in shapes()["measurement-v1"].keys} == set(MEASUREMENT_2014.split())
    assert {key.name for key in shapes()["diagnosis-v1"].keys} == set(DIAGNOSIS_2014.split())
