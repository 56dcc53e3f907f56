"""Credentials and grants, given and taken back while the sandbox runs."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support import NORTHMOOR, Client

PATIENT = {"identifier": "https://fhir.nhs.uk/Id/nhs-number|9991001379"}


def issue(pkb: Client, **body: Any) -> httpx.Response:
    return pkb.http.post("/_sandbox/credentials", json=body)


def read(pkb: Client, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}", "X-Org-Public-Id": pkb.organisation(NORTHMOOR)}
    return pkb.http.get("/fhir/Patient", params=PATIENT, headers=headers)


def token_of(pkb: Client, client: dict[str, str]) -> str:
    auth = (client["client_id"], client["client_secret"])
    response = pkb.http.post("/api/oauth/token", data={"grant_type": "client_credentials"}, auth=auth)
    return response.json()["access_token"]


def partner_of(pkb: Client, name: str) -> str:
    return next(partner["id"] for partner in pkb.control("/world")["partners"] if partner["name"] == name)


def test_a_token_from_before_the_grant_works_after_it_and_stops_when_it_is_withdrawn(pkb: Client):
    issued = issue(pkb, kind="system-client", name="New in town")
    assert issued.status_code == 201
    client = issued.json()
    auth = (client["client_id"], client["client_secret"])
    token = pkb.http.post("/api/oauth/token", data={"grant_type": "client_credentials"}, auth=auth).json()[
        "access_token"
    ]
    assert read(pkb, token).status_code == 403
    body = {"partner": partner_of(pkb, "New in town"), "organisation": pkb.organisation(NORTHMOOR)}
    granted = pkb.http.post("/_sandbox/grants", json=body)
    assert granted.status_code == 201
    assert read(pkb, token).json()["total"] == 1
    assert pkb.http.delete(f"/_sandbox/grants/{granted.json()['id']}").status_code == 204
    assert read(pkb, token).status_code == 403


def test_a_grant_of_a_team_shows_its_members_only(pkb: Client):
    client = issue(pkb, kind="system-client", name="Team only").json()
    world = pkb.control("/world")["organisations"][0]
    team = next(team["id"] for team in world["teams"] if team["alias"] == "northmoor_sexual")
    body = {"partner": partner_of(pkb, "Team only"), "organisation": world["id"], "team": team}
    assert pkb.http.post("/_sandbox/grants", json=body).status_code == 201
    auth = (client["client_id"], client["client_secret"])
    token = pkb.http.post("/api/oauth/token", data={"grant_type": "client_credentials"}, auth=auth).json()[
        "access_token"
    ]
    assert read(pkb, token).json()["total"] == 0


def test_grants_of_two_teams_show_the_members_of_both(pkb: Client):
    client = issue(pkb, kind="system-client", name="Two teams").json()
    world = pkb.control("/world")["organisations"][0]
    token = token_of(pkb, client)
    for alias, total in (("northmoor_sexual", 0), ("northmoor_renal", 1)):
        team = next(team["id"] for team in world["teams"] if team["alias"] == alias)
        body = {"partner": partner_of(pkb, "Two teams"), "organisation": world["id"], "team": team}
        assert pkb.http.post("/_sandbox/grants", json=body).status_code == 201
        assert read(pkb, token).json()["total"] == total


@pytest.mark.parametrize("kind", ["hl7-org", "customer-system-client"])
def test_an_organisation_gets_credentials_of_its_own(pkb: Client, kind: str):
    issued = issue(pkb, kind=kind, name="Second feed", organisation=pkb.organisation(NORTHMOOR))
    assert issued.status_code == 201
    assert issued.json()["organisation"]["name"] == NORTHMOOR
    assert issued.json() in pkb.control("/credentials")["credentials"]


def test_an_organisation_that_is_named_grants_the_new_client_access_at_once(pkb: Client):
    client = issue(pkb, kind="system-client", name="Ready", organisation=pkb.organisation(NORTHMOOR)).json()
    assert [grant["organisation"]["name"] for grant in client["on_behalf_of"]] == [NORTHMOOR]
    assert read(pkb, token_of(pkb, client)).json()["total"] == 1


def test_a_tethered_client_of_an_organisation_has_a_live_token(pkb: Client):
    body = {"kind": "tethered-token-system-client", "name": "Tied", "organisation": pkb.organisation(NORTHMOOR)}
    client = issue(pkb, **body).json()
    form = {"grant_type": "refresh_token", "scope": "SITE", **{k: client[k] for k in ("client_id", "refresh_token")}}
    assert pkb.http.post("/apiToken.action", data=form).status_code == 200


def test_an_app_gets_a_client_with_redirect_uris(pkb: Client):
    uri = "https://app.example/done"
    issued = issue(pkb, kind="user-client", name="New app", scopes=["PATIENT"], redirect_uris=[uri])
    assert issued.json()["redirect_uris"] == [uri]
    assert "client_secret" not in issued.json()


def test_a_reset_takes_issued_credentials_back(pkb: Client):
    client = issue(pkb, kind="system-client", name="Short lived").json()
    pkb.http.post("/_sandbox/reset")
    auth = (client["client_id"], client["client_secret"])
    refused = pkb.http.post("/api/oauth/token", data={"grant_type": "client_credentials"}, auth=auth)
    assert refused.status_code == 401


WRONG: dict[str, dict[str, Any]] = {
    "no-kind": {"name": "x"},
    "unknown-kind": {"kind": "x", "name": "x"},
    "no-name": {"kind": "system-client"},
    "no-organisation": {"kind": "hl7-org", "name": "x"},
    "unknown-partner": {"kind": "system-client", "name": "x", "partner": "x"},
    "no-redirect-uri": {"kind": "user-client", "name": "x"},
    "unknown-organisation": {"kind": "system-client", "name": "x", "organisation": "x"},
    "wrong-scope": {"kind": "user-client", "name": "x", "scopes": ["SITE"], "redirect_uris": ["a://b"]},
    "scopes-are-no-list": {"kind": "user-client", "name": "x", "scopes": "PATIENT", "redirect_uris": ["a://b"]},
    "unknown-key": {"kind": "system-client", "name": "x", "secret": "x"},
}


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_request_is_a_problem_and_issues_nothing(pkb: Client, body: dict[str, Any]):
    before = len(pkb.control("/credentials")["credentials"])
    partners = pkb.control("/world")["partners"]
    response = issue(pkb, **body)
    assert pkb.control("/world")["partners"] == partners
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert len(pkb.control("/credentials")["credentials"]) == before
