"""Apps and partners at Aggregated, whose cells PKB calls pending: refused, or by a setting let in as what they are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.server import SandboxServer
from tests.fhir.aggregated.support import RHYS, TOLA, by
from tests.support import EASTGATE, Client


@pytest.fixture
def allowing() -> Iterator[Client]:
    with SandboxServer(port=0, pending_cells="allow") as server:
        client = Client(server)
        try:
            yield client
        finally:
            client.http.close()


def total(pkb: Client, path: str, token: str, **headers: str) -> int:
    sent_headers = {"Authorization": f"Bearer {token}", **{k.replace("_", "-"): v for k, v in headers.items()}}
    response = pkb.http.get(f"/aggregated/fhir{path}", headers=sent_headers)
    assert response.status_code == 200, response.text
    count: int = response.json()["total"]
    return count


def test_an_admitted_app_sees_its_own_patient_only(allowing: Client):
    token = allowing.user_token("tola.adeyemi@example.org")
    assert total(allowing, f"/Patient?identifier={by(TOLA)}", token) == 1
    assert total(allowing, "/Patient", token) == 1
    assert total(allowing, "/Condition", token) > 0
    assert total(allowing, f"/Patient?identifier={by(RHYS)}", token) == 0
    assert total(allowing, "/CodeSystem", token) == 0


def test_a_partner_that_is_let_in_sees_what_the_organisation_sees(allowing: Client):
    token, organisation = allowing.token("letterbox-facade"), allowing.organisation()
    assert total(allowing, f"/Patient?identifier={by(TOLA)}", token, X_Org_Public_Id=organisation) == 1
    everyone = total(allowing, "/Patient", token, X_Org_Public_Id=organisation)
    assert everyone == total(allowing, "/Patient", allowing.token("northmoor-fhir"))


def test_a_partner_of_one_team_sees_no_more_than_the_team(allowing: Client):
    token = allowing.token("letterbox-facade")
    eastgate = allowing.organisation(EASTGATE)
    by_team = total(allowing, "/Patient", token, X_Org_Public_Id=eastgate)
    assert 0 < by_team < total(allowing, "/Patient", allowing.token("eastgate-fhir"))
    assert total(allowing, f"/Patient?identifier={by(RHYS)}", token, X_Org_Public_Id=eastgate) == 1


def test_without_the_setting_they_are_refused(pkb: Client):
    headers = {"Authorization": f"Bearer {pkb.user_token('tola.adeyemi@example.org')}"}
    response = pkb.http.get("/aggregated/fhir/Patient", headers=headers)
    assert response.status_code == 403
    assert response.headers["pkb-sandbox-cell"] == "app.aggregated.read_demographics"
