"""The team that a Customer names on the Aggregated endpoint: x-team-id.

Source: *Advanced Questionnaires API Specification*,
https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/4474372098
"""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support import EASTGATE, NORTHMOOR, Client, assert_operation_outcome

HEADER = "x-team-id"
CELL = "customer.aggregated.read_clinical"
SEND = ("POST", "/Questionnaire/7/$send-questionnaire-request")
SEARCH = ("GET", "/Questionnaire?status=active")
BOTH = pytest.mark.parametrize("request_", [SEND, SEARCH], ids=["send", "search"])
LET_IN = {SEND: 404, SEARCH: 200}
"""What a caller finds who is let in: there is no questionnaire 7."""

UNKNOWN = "00000000-0000-4000-8000-000000000000"
A_TEAM = "12345678-1234-4234-8234-123456789012"
NO_UUID = {
    "empty": "",
    "a name": "Renal",
    "one digit short": A_TEAM[:-1],
    "a urn": f"urn:uuid:{A_TEAM}",
    "two of them": f"{A_TEAM}, {A_TEAM}",
}
WITHOUT = {
    "carers": ("GET", "/Consent/$carers?patient:Patient.identifier=https://fhir.nhs.uk/Id/nhs-number%7C9990274134"),
    "a search for questionnaires": SEARCH,
    "a read of one": ("GET", "/Questionnaire/7"),
    "a search of a record": ("GET", "/Condition"),
    "the operation with another method": ("GET", SEND[1]),
}


def ask(pkb: Client, request: tuple[str, str], team: str | None, client: str = "northmoor-fhir") -> httpx.Response:
    headers = {"Authorization": f"Bearer {pkb.token(client)}", **({} if team is None else {HEADER: team})}
    method, path = request
    return pkb.http.request(method, f"/aggregated/fhir{path}", headers=headers)


def refused(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The OperationOutcome of the server that PKB is thought to run."""
    assert response.status_code == status, response.text
    body: dict[str, Any] = response.json()
    assert body["issue"][0]["code"] == code
    return body


def team_of(pkb: Client, name: str) -> str:
    organisations = pkb.control("/world")["organisations"]
    id_: str = next(organisation["teams"][0]["id"] for organisation in organisations if organisation["name"] == name)
    return id_


@BOTH
def test_a_team_of_the_caller_s_organisation_is_let_in(pkb: Client, request_: tuple[str, str]):
    for team in (team_of(pkb, NORTHMOOR), team_of(pkb, NORTHMOOR).upper()):
        response = ask(pkb, request_, team)
        assert response.status_code == LET_IN[request_], response.text
        assert response.headers["pkb-sandbox-cell"] == CELL


def test_a_questionnaire_request_without_a_team_is_refused(pkb: Client):
    response = ask(pkb, SEND, None)
    body = refused(response, 400, "required")
    assert body["issue"][0]["diagnostics"].startswith(HEADER)
    assert response.headers["pkb-sandbox-cell"] == CELL
    assert response.headers["pkb-sandbox-standing"] == "choice"
    assert HEADER in pkb.http.get(response.headers["pkb-sandbox-explain"]).json()["instead"]


@BOTH
@pytest.mark.parametrize("value", NO_UUID.values(), ids=NO_UUID)
def test_a_header_that_is_not_a_uuid_is_refused(pkb: Client, request_: tuple[str, str], value: str):
    refused(ask(pkb, request_, value), 400, "required")


@BOTH
def test_a_team_that_is_unknown_or_another_s_is_refused_in_the_same_words(pkb: Client, request_: tuple[str, str]):
    for team in (UNKNOWN, team_of(pkb, EASTGATE)):
        response = ask(pkb, request_, team)
        assert_operation_outcome(response, 403, "forbidden", f"Team {team} does not exist in your organisation")
        assert response.headers["pkb-sandbox-cell"] == CELL


def test_each_organisation_has_its_own_teams(pkb: Client):
    team = team_of(pkb, EASTGATE)
    assert ask(pkb, SEND, team, "eastgate-fhir").status_code == LET_IN[SEND]


@pytest.mark.parametrize("request_", WITHOUT.values(), ids=WITHOUT)
def test_a_request_not_made_for_a_team_needs_no_header(pkb: Client, request_: tuple[str, str]):
    assert ask(pkb, request_, None).status_code in (200, 404, 405)


def test_a_forbidden_caller_is_refused_before_the_team_is_checked(pkb: Client):
    response = ask(pkb, SEND, None, "letterbox-facade")
    assert_operation_outcome(response, 403, "forbidden", response_code="USER_TYPE_NOT_PERM")


def test_carers_do_not_look_at_a_team(pkb: Client):
    response = ask(pkb, WITHOUT["carers"], UNKNOWN)
    assert response.status_code == 200
    assert response.headers["pkb-sandbox-cell"] == "customer.aggregated.read_demographics"


@pytest.mark.parametrize("path", ["/Condition", "/Patient", "/Questionnaire/7"])
def test_a_request_about_anything_else_does_not_look_at_a_team(pkb: Client, path: str):
    assert ask(pkb, ("GET", path), UNKNOWN).status_code == (404 if path.endswith("7") else 200)
