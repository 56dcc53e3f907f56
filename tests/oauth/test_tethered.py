"""Tethered-Token System Clients: a coordinator's refresh token, exchanged with the scope SITE."""

from __future__ import annotations

import httpx

from tests.support import Client

TETHERED = "letterbox-tethered"


def refresh(pkb: Client, token: str, **more: str) -> httpx.Response:
    form = {"grant_type": "refresh_token", "client_id": TETHERED, "refresh_token": token, "scope": "SITE", **more}
    return pkb.http.post("/apiToken.action", data={name: value for name, value in form.items() if value})


def test_the_listed_token_is_live_and_unused_however_often_it_is_exchanged(pkb: Client):
    seen = set()
    for _ in range(3):
        token = pkb.credential(TETHERED)["refresh_token"]
        assert token not in seen
        seen.add(token)
        body = refresh(pkb, token).json()
        assert (body["token_type"], body["scope"]) == ("Bearer", "SITE")


def test_the_scope_site_must_be_asked_for(pkb: Client):
    token = pkb.credential(TETHERED)["refresh_token"]
    for scope in ("", "CLINICIAN"):
        response = refresh(pkb, token, scope=scope)
        assert (response.status_code, response.json()["error"]) == (400, "invalid_scope")
    assert refresh(pkb, token).status_code == 200


def test_a_token_used_twice_ends_the_session_and_a_new_one_is_listed(pkb: Client):
    token = pkb.credential(TETHERED)["refresh_token"]
    assert refresh(pkb, token).status_code == 200
    assert refresh(pkb, token).json()["error"] == "invalid_grant"
    assert refresh(pkb, pkb.credential(TETHERED)["refresh_token"]).status_code == 200


def test_a_coordinator_tethers_a_client(pkb: Client):
    team = pkb.control("/world")["organisations"][1]["teams"][0]["id"]
    response = pkb.http.post(f"/_sandbox/teams/{team}/rest-api-access", json={"client_id": TETHERED})
    assert response.status_code == 200
    assert refresh(pkb, response.json()["refresh_token"]).status_code == 200


def test_the_token_opens_the_custom_rest_api_and_no_other(pkb: Client):
    token = refresh(pkb, pkb.credential(TETHERED)["refresh_token"]).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    rest = pkb.http.get("/json/v2-beta/allergies/forPatient/5001", headers=headers)
    assert (rest.status_code, rest.headers["PKB-Sandbox-Cell"]) == (200, "partner.rest.read_clinical")
    facade = pkb.http.get("/fhir/Consent?patient=Patient/1", headers=headers)
    assert (facade.status_code, facade.headers["PKB-Sandbox-Cell"]) == (403, "partner.facade.read_clinical")
