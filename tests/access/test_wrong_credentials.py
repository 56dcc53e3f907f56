"""Every cell that a request can ask for, with every credential that is not the right one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from sandbox.model import Credential
from tests.access.test_matrix_over_the_wire import BODIES, HL7, ROWS, Row, ask, token
from tests.support import EASTGATE, NORTHMOOR, Client

HTTP = [row for row in ROWS if row.request and row.request[0] not in HL7]
FACADE = [row for row in HTTP if row.cell.startswith("partner.facade") and row.answer == "200"]
MESSAGES = [row for row in ROWS if row.request and row.request[0] in HL7]
OPEN = [row for row in HTTP if row.answer in ("200", "201", "501")]
SAID = {"messaging": "invalid_token"}
"""Words for a bad token in APIs that do not use PKB's response codes."""
CREDENTIALS = ("northmoor-fhir", "letterbox-facade", "letterbox-tethered", "stepwise-diary")


def call(pkb: Client, row: Row, authorization: str | None, organisation: str = NORTHMOOR) -> httpx.Response:
    method, path = row.request
    headers = {"X-Org-Public-Id": pkb.organisation(organisation)}
    if authorization is not None:
        headers["Authorization"] = authorization
    return pkb.http.request(method, path, headers=headers, json=BODIES.get(path))


DEAD = {
    "none": None,
    "garbage": "Bearer abc.def.ghi",
    "null": "Bearer null",
    "empty": "Bearer",
    "no-scheme": "letterbox-facade",
    "basic": "Basic bGV0dGVyYm94LWZhY2FkZTpsZXR0ZXJib3gtU2VjcmV0LTIwMjY=",
}


@pytest.mark.parametrize("authorization", DEAD.values(), ids=DEAD.keys())
@pytest.mark.parametrize("row", OPEN, ids=lambda row: row.cell)
def test_a_missing_or_invalid_credential_is_401_without_a_cell(pkb: Client, row: Row, authorization: str | None):
    response = call(pkb, row, authorization)
    assert response.status_code == 401
    assert SAID.get(row.cell.split(".")[1], "BAD_AUTHENTICATION") in response.text
    assert "pkb-sandbox-cell" not in response.headers


@pytest.mark.parametrize("row", OPEN, ids=lambda row: row.cell)
def test_an_expired_token_is_401_and_says_so(pkb: Client, row: Row):
    authorization = f"Bearer {token(pkb, row.credential)}"
    pkb.server.workspaces.default.clock.advance(timedelta(hours=2))
    response = call(pkb, row, authorization)
    assert response.status_code == 401
    assert SAID.get(row.cell.split(".")[1], "ACC_TOKEN_EXPIRED") in response.text
    assert "pkb-sandbox-cell" not in response.headers


@pytest.mark.parametrize("row", OPEN, ids=lambda row: row.cell)
def test_a_token_of_a_revoked_client_is_401(pkb: Client, row: Row):
    authorization = f"Bearer {token(pkb, row.credential)}"
    store = pkb.server.workspaces.default.store
    store.put(replace(store.get(Credential, row.credential), revoked=True))
    response = call(pkb, row, authorization)
    assert response.status_code == 401
    assert SAID.get(row.cell.split(".")[1], "BAD_AUTHENTICATION") in response.text


@pytest.mark.parametrize("credential", CREDENTIALS)
@pytest.mark.parametrize("row", OPEN, ids=lambda row: row.cell)
def test_a_live_credential_of_another_kind_is_refused_by_its_own_cell(pkb: Client, row: Row, credential: str):
    """Calls outside its cells are refused and named; calls within them are not: the matrix decides."""
    if credential == row.credential:
        return
    response = call(pkb, row, f"Bearer {token(pkb, credential)}")
    _, api, action = row.cell.split(".")
    own = {"northmoor-fhir": "customer", "stepwise-diary": "app"}.get(credential, "partner")
    assert response.headers["pkb-sandbox-cell"] == f"{own}.{api}.{action}"
    cell = pkb.control(f"/matrix/{own}.{api}.{action}")
    if cell["credential"] == pkb.credential(credential)["kind"]:
        assert response.status_code in (200, 400, 501)
    else:
        assert response.status_code in (401, 403, 405)
        assert response.headers["pkb-sandbox-explain"]


@pytest.mark.parametrize("row", FACADE, ids=lambda row: row.cell)
def test_a_system_client_sees_no_other_organisation(pkb: Client, row: Row):
    bearer = f"Bearer {token(pkb, 'untethered-facade')}"
    response = call(pkb, row, bearer)
    assert (response.status_code, response.headers["pkb-sandbox-cell"]) == (403, row.cell)
    elsewhere = call(pkb, row, f"Bearer {token(pkb, 'letterbox-facade')}", EASTGATE)
    assert elsewhere.status_code in (200, 404)
    assert "Adeyemi" not in elsewhere.text


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.request and row.request[0] in HL7], ids=lambda row: row.cell
)
def test_hl7_rejects_credentials_of_other_protocols(pkb: Client, row: Row):
    assert ask(pkb, row).status_code == 200
    for wrong in ("letterbox-facade", "northmoor-fhir"):
        secret = pkb.credential(wrong)["client_secret"]
        response = pkb.http.post("/services/hl7", content=b"<a/>", auth=(wrong, secret))
        assert (response.status_code, response.content) == (401, b"")
