"""The organisation that a System Client acts for: X-Org-Public-Id and the grant behind it.

Source: *Facade*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364618357
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.model import Credential, Grant
from tests.support import EASTGATE, NORTHMOOR, Client, assert_operation_outcome

NORTHMOOR_ID = "ab0469a5-c2ba-4ff7-b9d4-9080df2db07e"
HEADER = "X-Org-Public-Id"
RHYS, TOLA, AOIFE = (
    "ca7dfd5d-19d2-4e88-88f1-def6bb3a9200",
    "4c86625f-13d7-423c-93e9-d58574a12dec",
    "ab3321fb-7a51-4432-aa6e-1e98e346ab17",
)
NO_UUID = {
    "empty": "",
    "a name": "Northmoor",
    "a legacy id": "1001",
    "one digit short": NORTHMOOR_ID[:-1],
    "a urn": f"urn:uuid:{NORTHMOOR_ID}",
    "without hyphens": NORTHMOOR_ID.replace("-", ""),
    "two of them": f"{NORTHMOOR_ID}, {NORTHMOOR_ID}",
}


def test_a_call_without_the_header_is_refused(pkb: Client):
    response = pkb.facade(f"/Organization/{NORTHMOOR_ID}", organisation=None)
    body = assert_operation_outcome(response, 400, "required")
    assert body["issue"][0]["diagnostics"].startswith(HEADER)
    assert response.headers["pkb-sandbox-cell"] == "partner.facade.read_demographics"
    assert response.headers["pkb-sandbox-standing"] == "choice"
    assert HEADER in pkb.http.get(response.headers["pkb-sandbox-explain"]).json()["instead"]


@pytest.mark.parametrize("value", NO_UUID.values(), ids=NO_UUID)
def test_a_header_that_is_not_a_uuid_is_refused(pkb: Client, value: str):
    response = pkb.facade(f"/Organization/{NORTHMOOR_ID}", organisation=None, headers={HEADER: value})
    assert_operation_outcome(response, 400, "value" if value else "required")


def test_the_header_is_read_in_any_case(pkb: Client):
    headers = {HEADER.lower(): NORTHMOOR_ID.upper()}
    response = pkb.facade(f"/Organization/{NORTHMOOR_ID}", organisation=None, headers=headers)
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("client", "organisation"),
    [
        ("letterbox-facade", "00000000-0000-4000-8000-000000000000"),
        ("letterbox-facade", "b0f94adc-0ac3-46cb-bb52-cecbf41673e5"),
        ("untethered-facade", NORTHMOOR_ID),
    ],
    ids=["unknown", "granted nothing", "a partner without any grant"],
)
def test_an_organisation_that_granted_nothing_is_refused(pkb: Client, client: str, organisation: str):
    headers = {HEADER: organisation}
    response = pkb.facade(f"/Organization/{NORTHMOOR_ID}", client=client, organisation=None, headers=headers)
    assert_operation_outcome(response, 403, "forbidden", f"Organisation {organisation} has not granted access")
    assert response.headers["pkb-sandbox-cell"] == "partner.facade.read_demographics"


def test_a_grant_is_looked_up_with_every_call(pkb: Client):
    store = pkb.server.workspaces.default.store
    (grant,) = [grant for grant in store.all(Grant) if grant.organisation == NORTHMOOR_ID]
    assert pkb.facade(f"/Patient/{TOLA}").status_code == 200
    store.delete(grant)
    assert_operation_outcome(pkb.facade(f"/Patient/{TOLA}"), 403, "forbidden")
    store.put(grant)
    assert pkb.facade(f"/Patient/{TOLA}").status_code == 200


def test_a_revoked_client_is_unknown_though_its_token_lives(pkb: Client):
    store = pkb.server.workspaces.default.store
    assert pkb.facade(f"/Patient/{TOLA}").status_code == 200
    store.put(replace(store.get(Credential, "letterbox-facade"), revoked=True))
    response = pkb.facade(f"/Patient/{TOLA}")
    assert_operation_outcome(response, 401, "login", response_code="BAD_AUTHENTICATION")


VISIBLE = {
    "the whole organisation sees its patient": (NORTHMOOR, TOLA, 200),
    "and the one it shares": (NORTHMOOR, RHYS, 200),
    "but none of another": (NORTHMOOR, AOIFE, 404),
    "a team sees its own patient": (EASTGATE, RHYS, 200),
    "but none of its organisation's other teams": (EASTGATE, AOIFE, 404),
    "and none of another organisation": (EASTGATE, TOLA, 404),
}


@pytest.mark.parametrize(("organisation", "patient", "status"), VISIBLE.values(), ids=VISIBLE)
def test_a_grant_bounds_what_is_seen(pkb: Client, organisation: str, patient: str, status: int):
    assert pkb.facade(f"/Patient/{patient}", organisation=organisation).status_code == status


def test_a_grant_of_the_whole_organisation_wins_over_a_team_s(pkb: Client):
    store = pkb.server.workspaces.default.store
    (grant,) = [grant for grant in store.all(Grant) if grant.organisation != NORTHMOOR_ID]
    store.put(replace(grant, id="76c77ff1-0000-4000-8000-000000000000", team=None, alias="EASTGATE_ALL"))
    assert pkb.facade(f"/Patient/{AOIFE}", organisation=EASTGATE).status_code == 200
