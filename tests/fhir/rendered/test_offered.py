"""Listed interactions are answered; all others are refused in the words of HAPI's plain server.

Sources: https://my.patientsknowbest.com/fhir/metadata ; https://github.com/hapifhir/hapi-fhir/issues/1935 and /405
"""

from __future__ import annotations

import pytest

from sandbox.base import datafiles
from sandbox.fhir.base import capability
from sandbox.fhir.base.capability import FhirOperation, Interaction
from tests.support import Client, assert_operation_outcome

FACADE = capability.load("facade")
TOLA = "4c86625f-13d7-423c-93e9-d58574a12dec"
TYPES = list(FACADE.types)
READ = {
    "OperationDefinition": "Patient-t-status-query",
    "Organization": "ab0469a5-c2ba-4ff7-b9d4-9080df2db07e",
    "Patient": TOLA,
    "Practitioner": "f1640ff8-d059-403c-b0d5-295ffc6e627d",
    "ProcedureRequest": "ea13e938-5578-4ab1-bf0b-f999b73c4138",
    "Questionnaire": "248f29fa-0aa1-47c8-a07d-e0bd3ab3157f",
}
RHYS = "ca7dfd5d-19d2-4e88-88f1-def6bb3a9200"
PATIENT = f"patient=Patient/{TOLA}"
FULL = f"patient=Patient/{RHYS}"
CATEGORY = "category=http://fhir.patientsknowbest.com/codesystem/observation-category%7CLABORATORY"
SEARCHED = {
    "Appointment": FULL,
    "Communication": FULL,
    "Consent": PATIENT,
    "DiagnosticReport": f"{FULL}&category=urn:x%7CRADIOLOGY",
    "DocumentReference": FULL,
    "Encounter": FULL,
    "NamingSystem": "value=urn:uuid:00b6e67a-7a2a-4c2b-8180-60a7da1de808",
    "Observation": f"{FULL}&{CATEGORY}",
    "Patient": "identifier=https://fhir.nhs.uk/Id/nhs-number%7C9991001379",
    "Questionnaire": "",
    "QuestionnaireResponse": "",
}
"""For each type that is searched, a search that its rules allow."""

INTERACTIONS = [(type_, i) for type_, offered in FACADE.types.items() for i in offered.interactions.values()]
NOT_HANDLED = (
    "Invalid request: The FHIR endpoint on this server does not know how to handle "
    "{} operation[{}] with parameters [[{}]]"
)


def of(code: str) -> list[tuple[str, Interaction]]:
    return [(type_, interaction) for type_, interaction in INTERACTIONS if interaction.code == code]


def named(row: tuple[str, Interaction]) -> str:
    return row[0]


def cell(interaction: Interaction) -> str | None:
    return None if interaction.action == "none" else f"partner.facade.{interaction.action}"


@pytest.mark.parametrize("row", of("read"), ids=named)
def test_a_read_that_is_listed_answers(pkb: Client, row: tuple[str, Interaction]):
    type_, interaction = row
    response = pkb.facade(f"/{type_}/{READ[type_]}")
    assert response.headers.get("pkb-sandbox-cell") == cell(interaction)
    assert response.status_code == 200
    body = response.json()
    assert body["resourceType"] == type_
    assert body["id"] == READ[type_]
    assert "pkb-sandbox-explain" not in response.headers


@pytest.mark.parametrize("row", of("search-type"), ids=named)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_search_that_is_listed_answers(pkb: Client, method: str, row: tuple[str, Interaction]):
    type_, interaction = row
    if method == "GET":
        response = pkb.facade(f"/{type_}?{SEARCHED[type_]}")
    else:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        response = pkb.facade(f"/{type_}/_search", method="POST", content=SEARCHED[type_], headers=headers)
    assert response.headers["pkb-sandbox-cell"].split(", ")[0] == cell(interaction)
    assert response.status_code == 200
    body = response.json()
    assert (body["resourceType"], body["type"]) == ("Bundle", "searchset")
    assert body["total"] == len(body["entry"]) > 0
    assert {entry["resource"]["resourceType"] for entry in body["entry"]} == {type_}
    assert {entry["search"]["mode"] for entry in body["entry"]} == {"match"}


OPERATIONS = FACADE.operations


def path_of(operation: FhirOperation) -> str:
    instance = "/1" if operation.level == "instance" else ""
    return f"/{operation.resource}{instance}/${operation.name}"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
@pytest.mark.parametrize("dollar", ["$", "%24"])
def test_an_operation_that_is_listed_answers(pkb: Client, dollar: str, operation: FhirOperation):
    for method in operation.methods:
        response = pkb.facade(path_of(operation).replace("$", dollar), method=method)
        assert response.headers["pkb-sandbox-cell"] == f"partner.facade.{operation.action}"
        if operation.name == "group":  # a search: it asks for what the search requires
            text = NOT_HANDLED.format("GET", "Observation/$group", "")
            assert_operation_outcome(response, 400, "processing", text)
        elif operation.level == "instance":
            assert_operation_outcome(response, 404, "not-found", f"Resource {operation.resource}/1 is not known")
        elif "system-client" in operation.callers:
            assert_operation_outcome(
                response, 400, "structure", "The body must be a Parameters resource, but it is missing"
            )
        else:
            assert_operation_outcome(response, 403, "forbidden", response_code="USER_TYPE_NOT_PERM")


def test_three_operations_are_closed_to_all_and_one_is_for_people_only():
    closed = {operation.name for operation in OPERATIONS if "system-client" not in operation.callers}
    assert closed == {"destroy", "destroy-orphan-accounts", "delete_status", "purview"}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_an_operation_refuses_other_methods(pkb: Client, operation: FhirOperation):
    for method in {"GET", "POST", "PUT", "DELETE", "PATCH"} - set(operation.methods):
        response = pkb.facade(path_of(operation), method=method)
        allowed = ", ".join(operation.methods)
        text = f"{method} is not allowed for ${operation.name}: allowed are {allowed}"
        assert_operation_outcome(response, 405, "processing", text)
        assert response.headers["allow"] == allowed
        assert response.headers["pkb-sandbox-standing"] == "inferred"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_an_operation_is_offered_at_its_level_only(pkb: Client, operation: FhirOperation):
    instance = "" if operation.level == "instance" else "/1"
    path = f"{operation.resource}{instance}/${operation.name}"
    for method in operation.methods:
        response = pkb.facade(f"/{path}", method=method)
        assert_operation_outcome(response, 400, "processing", NOT_HANDLED.format(method, path, ""))


# --- what is not listed ---


def unlisted() -> list[tuple[str, str, str]]:
    """Type, method and path of interactions that FHIR has and the statement does not list."""
    rows = []
    for type_, offered in FACADE.types.items():
        rows += [
            (type_, "POST", type_),
            (type_, "PUT", f"{type_}/1"),
            (type_, "PATCH", f"{type_}/1"),
            (type_, "DELETE", f"{type_}/1"),
            (type_, "PUT", type_),
            (type_, "DELETE", type_),
            (type_, "GET", f"{type_}/1/_history"),
            (type_, "GET", f"{type_}/1/_history/1"),
            (type_, "GET", f"{type_}/_history"),
            (type_, "GET", f"{type_}/$everything"),
            (type_, "POST", f"{type_}/$validate"),
            (type_, "POST", f"{type_}/1/$everything"),
            (type_, "GET", f"{type_}/_search"),
        ]
        if "read" not in offered.interactions:
            rows.append((type_, "GET", f"{type_}/1"))
        if "search-type" not in offered.interactions:
            rows += [(type_, "GET", type_), (type_, "POST", f"{type_}/_search")]
    return [*rows, ("", "GET", ""), ("", "POST", ""), ("", "DELETE", "")]


@pytest.mark.parametrize(("type_", "method", "path"), unlisted(), ids=lambda value: value or "base")
def test_an_unlisted_request_is_refused_in_hapi_s_words(pkb: Client, type_: str, method: str, path: str):
    response = pkb.facade(f"/{path}", method=method)
    assert_operation_outcome(response, 400, "processing", NOT_HANDLED.format(method, path, ""))
    if type_ == "OperationDefinition" and method == "GET":  # open to anyone: there is no caller to decide about
        assert "pkb-sandbox-cell" not in response.headers
        return
    assert response.headers["pkb-sandbox-cell"].startswith("partner.facade.")
    explanation = pkb.http.get(response.headers["pkb-sandbox-explain"]).json()
    assert explanation["caller"] == "partner letterbox-facade (system-client)"


@pytest.mark.parametrize("path", ["Person/1", "Appointment/1", "Patient/1/_history", "Patient/$everything", "Foo/1"])
def test_an_unsupported_request_is_refused_before_the_organisation_header_is_checked(pkb: Client, path: str):
    response = pkb.facade(f"/{path}", organisation=None)
    expected = (404 if path == "Foo/1" else 400, "processing")
    assert_operation_outcome(response, *expected)


@pytest.mark.parametrize(
    "path", ["/Foo", "/Foo/1", "/patient", "/Patients/1", "/Medication", "/Foo/$bar", "/$status-query"]
)
def test_an_unknown_type_is_refused_with_a_list_of_the_known_ones(pkb: Client, path: str):
    response = pkb.facade(path)
    type_ = path.split("/")[1]
    text = f"Unknown resource type '{type_}' - Server knows how to handle: [{', '.join(TYPES)}]"
    assert_operation_outcome(response, 404, "processing", text)
    assert response.headers["pkb-sandbox-standing"] == "inferred"


@pytest.mark.parametrize("type_", [type_ for type_, i in of("read") if i.built])
@pytest.mark.parametrize("id_", ["00000000-0000-4000-8000-000000000000", "1", "..", "a b", "é", "x" * 300, "%2e%2e%2f"])
def test_an_unknown_id_is_refused(pkb: Client, type_: str, id_: str):
    response = pkb.facade(f"/{type_}/{id_}")
    if "/" in id_ or id_ in ("..", "%2e%2e%2f"):
        assert response.status_code in (400, 404)
        return
    assert_operation_outcome(response, 404, "not-found", f"Resource {type_}/{id_} is not known")
    standings = ("choice",) if type_ == "ProcedureRequest" else ("documented", "inferred")
    assert response.headers["pkb-sandbox-standing"] in standings


def test_a_read_refuses_parameters(pkb: Client):
    response = pkb.facade(f"/Patient/{TOLA}?name=Adeyemi&_format=json")
    text = NOT_HANDLED.format("GET", f"Patient/{TOLA}", "name, _format")
    assert_operation_outcome(response, 400, "processing", text)


def test_a_definition_is_read_without_a_token(pkb: Client):
    for operation in OPERATIONS:
        response = pkb.http.get(f"/fhir/OperationDefinition/{operation.id}?_format=json")
        assert response.status_code == 200
        file = datafiles.path(f"capability_statements/operations/facade/{operation.id}.json")
        assert response.json() == datafiles.read_json(file)
        assert (response.json()["code"], response.json()["kind"]) == (operation.name, "operation")
        assert "pkb-sandbox-cell" not in response.headers


def test_the_reference_of_each_operation_leads_to_its_definition(pkb: Client):
    for operation in pkb.http.get("/fhir/metadata").json()["rest"][0]["operation"]:
        assert pkb.http.get(f"/fhir/{operation['definition']['reference']}").status_code == 200


@pytest.mark.parametrize("id_", ["nothing", "..%2F..%2Ffacade", "%00", "Patient-t-status-query.json", "é"])
def test_an_unknown_definition_is_refused_without_a_token_too(pkb: Client, id_: str):
    response = pkb.http.get(f"/fhir/OperationDefinition/{id_}")
    assert response.status_code in (400, 404)
    assert response.json()["resourceType"] == "OperationOutcome"


def test_a_definition_is_not_written(pkb: Client):
    path = "OperationDefinition/Patient-t-status-query"
    assert_operation_outcome(pkb.http.put(f"/fhir/{path}"), 401, "login")
    response = pkb.facade(f"/{path}", method="PUT")
    assert_operation_outcome(response, 400, "processing", NOT_HANDLED.format("PUT", path, ""))
    assert response.headers["pkb-sandbox-cell"] == "partner.facade.send_data"
