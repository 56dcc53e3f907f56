"""JSON only: which `Accept` and `_format` are answered, and which are refused.

Sources: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364618357 ; https://hl7.org/fhir/STU3/http.html#mime-type
"""

from __future__ import annotations

import json

import pytest

from tests.support import Client, assert_operation_outcome

TOLA = "4c86625f-13d7-423c-93e9-d58574a12dec"
PATHS = {
    "metadata": "/metadata",
    "read": f"/Patient/{TOLA}",
    "search": f"/Consent?patient=Patient/{TOLA}",
    "definition": "/OperationDefinition/Patient-t-status-query",
}
each_path = pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)

ACCEPTED = (
    "application/fhir+json",
    "application/json",
    "application/json+fhir",
    "text/json",
    "*/*",
    "application/*",
    "",
    "APPLICATION/FHIR+JSON",
    "application/fhir+json;fhirVersion=3.0",
    "application/fhir+json; charset=utf-8",
    "application/fhir+xml;q=1.0, application/fhir+json;q=0.1",
    "application/fhir+xml;q=1.0, application/fhir+json;q=1.0, application/xml+fhir;q=0.9, application/json+fhir;q=0.9",
    "text/html, */*;q=0.1",
    "application/fhir+xml, application/json;q=0.001",
)
REFUSED = (
    "application/fhir+xml",
    "application/xml",
    "text/html",
    "text/turtle, application/fhir+turtle",
    "application/fhir+json;q=0",
    "application/fhir+json;q=0.0, application/json; q=0.000",
    "*/*;q=0",
    "application/fhir+xml, */*;q=0",
    "nonsense",
    "image/*",
)
FORMATS = (
    "json",
    "application/fhir+json",
    "application/fhir%2Bjson",
    "application/json",
    "application/json%2Bfhir",
    "JSON",
)
OTHER_FORMATS = ("xml", "application/fhir+xml", "ttl", "html", "nonsense")


@each_path
@pytest.mark.parametrize("accept", ACCEPTED)
def test_json_is_answered_to_who_takes_it(pkb: Client, path: str, accept: str):
    response = pkb.facade(path, headers={"Accept": accept})
    assert response.status_code == 200, response.text
    generic = "application/json" in {part.split(";")[0].strip() for part in accept.split(",")}
    assert response.headers["content-type"] == f"application/{'json' if generic else 'fhir+json'};charset=utf-8"


@each_path
@pytest.mark.parametrize("accept", REFUSED)
def test_a_client_that_does_not_accept_json_is_refused(pkb: Client, path: str, accept: str):
    response = pkb.facade(path, headers={"Accept": accept})
    text = "This endpoint returns application/fhir+json only"
    assert_operation_outcome(response, 406, "not-supported", text)
    assert response.headers["pkb-sandbox-standing"] == "choice"


@each_path
@pytest.mark.parametrize("format_", FORMATS)
def test_a_format_wins_over_accept(pkb: Client, path: str, format_: str):
    query = f"{'&' if '?' in path else '?'}_format={format_}"
    assert pkb.facade(path + query, headers={"Accept": "application/fhir+xml"}).status_code == 200


@each_path
@pytest.mark.parametrize("format_", OTHER_FORMATS)
def test_another_format_is_refused(pkb: Client, path: str, format_: str):
    query = f"{'&' if '?' in path else '?'}_format={format_}"
    response = pkb.facade(path + query, headers={"Accept": "application/fhir+json"})
    assert_operation_outcome(response, 406, "not-supported")


def test_a_refusal_is_json_whatever_is_accepted(pkb: Client):
    response = pkb.facade("/Patient/1", client="", headers={"Accept": "application/fhir+xml"})
    assert_operation_outcome(response, 401, "login")


@each_path
def test_pretty_means_indented(pkb: Client, path: str):
    query = "&_pretty=true" if "?" in path else "?_pretty=true"
    pretty = pkb.facade(path + query)
    assert pretty.status_code == 200
    assert pretty.text.startswith('{\n  "resourceType"')
    assert "\n" not in pkb.facade(path).text


def test_the_rest_of_an_answer_does_not_change_with_its_shape(pkb: Client):
    path = PATHS["read"]
    assert pkb.facade(f"{path}?_pretty=true&_format=json").json() == pkb.facade(path).json()


def test_an_answer_is_utf_8_and_not_escaped(pkb: Client):
    response = pkb.facade(f"/Patient/{pkb.patient('Chinese')['id']}")
    assert "王".encode() in response.content
    assert json.loads(response.content)["name"][0]["family"] == "王"
