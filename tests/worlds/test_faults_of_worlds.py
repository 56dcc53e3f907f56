"""Rules belong to one world: whatever a request's credentials choose decides whose rules it meets."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

import httpx
import pytest

from tests.hl7.samples import A28
from tests.support import SOAP, Client

Json = dict[str, Any]


@pytest.fixture
def second(pkb: Client) -> Json:
    """The credentials of another world by their kind, whose every request fails."""
    created = pkb.http.post("/_sandbox/workspaces", json={"name": "second"}).json()
    pkb.http.put("/_sandbox/faults?workspace=second", json={"rules": [{"status": 503}]})
    return {entry["kind"]: entry for entry in reversed(created["credentials"])}


def failing(pkb: Client, credential: Json) -> httpx.Response:
    secret = (credential["client_id"], credential["client_secret"])
    return pkb.http.post("/api/oauth/token", data={"grant_type": "client_credentials"}, auth=secret)


def test_a_token_request_meets_the_rules_of_its_client_s_world(pkb: Client, second: Json):
    response = failing(pkb, second["system-client"])
    assert (response.status_code, response.json()["error"]) == (503, "temporarily_unavailable")
    (exchange,) = pkb.control("/exchanges?workspace=second")["exchanges"]
    assert exchange["fault"] == response.headers["pkb-sandbox-fault"]
    assert failing(pkb, pkb.credential("letterbox-facade")).status_code == 200


def test_a_client_in_the_form_or_with_a_wrong_secret_meets_the_faults_of_its_world(pkb: Client, second: Json):
    client = second["user-client"]["client_id"]
    form = {"grant_type": "refresh_token", "client_id": client, "refresh_token": "x"}
    assert pkb.http.post("/apiToken.action", data=form).status_code == 503
    form["client_id"] = "stepwise-diary"
    assert pkb.http.post("/apiToken.action", data=form).status_code == 400
    wrong = {**second["system-client"], "client_secret": "wrong"}
    assert failing(pkb, wrong).status_code == 503


def test_a_message_meets_the_rules_of_its_sender_s_world(pkb: Client, second: Json):
    user = second["hl7-org"]
    headers = {"Content-Type": "text/xml"}
    request: Json = {"content": SOAP.format(escape(A28)).encode(), "headers": headers}
    auth = (user["username"], user["password"])
    assert pkb.http.post("/services/hl7", auth=auth, **request).status_code == 503
    assert pkb.send(A28).code == "AA"


def test_a_token_meets_the_rules_of_its_world(pkb: Client, second: Json):
    pkb.http.put("/_sandbox/faults?workspace=second", json={"rules": [{"api": "facade", "status": 503}]})
    token = failing(pkb, second["system-client"]).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}", "X-Org-Public-Id": pkb.organisation()}
    assert pkb.http.get("/fhir/Patient?name=a", headers=headers).status_code == 503
    assert pkb.facade("/Patient?name=a").status_code != 503


def test_a_token_that_a_rule_expires_is_of_one_world(pkb: Client, second: Json):
    pkb.http.put("/_sandbox/faults?workspace=second", json={"rules": [{"expire_token": True, "first": 1}]})
    token = failing(pkb, second["system-client"]).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}", "X-Org-Public-Id": pkb.organisation()}
    answers = [pkb.http.get("/fhir/Patient?_id=x", headers=headers).status_code for _ in range(2)]
    assert answers == [401, 401]
    assert pkb.facade("/Patient?_id=x").status_code != 401


def test_rules_are_listed_reset_and_taken_away_by_world(pkb: Client, second: Json):
    assert pkb.control("/faults")["rules"] == []
    (rule,) = pkb.control("/faults?workspace=second")["rules"]
    assert pkb.http.delete(f"/_sandbox/faults/{rule['id']}").status_code == 404
    pkb.http.post("/_sandbox/reset")
    assert pkb.control("/faults?workspace=second")["rules"] == [rule]
    pkb.http.post("/_sandbox/reset?workspace=second", json={"reset": ["faults"]})
    assert pkb.control("/faults?workspace=second")["rules"] == []
