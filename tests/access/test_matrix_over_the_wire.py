"""The access matrix as callers meet it: every cell, asked for with a credential of its type wherever one can be had.

Source: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364093979
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

import httpx
import pytest

from sandbox.access.matrix import matrix
from sandbox.facts import STANDINGS
from tests.fhir.messaging.samples import EXAMPLE as NEW_PATIENT
from tests.support import NORTHMOOR, SOAP, Client, assert_operation_outcome

FIXTURES = Path(__file__).parents[2] / "fixtures/hl7"
HL7 = {"ADT^A28": "adt_a28", "QRY^A19": "qry_a19_dem"}
EXPLANATION = {"id", "rule", "cell", "caller", "expected", "instead", "standing", "source"}
TOLA = "4c86625f-13d7-423c-93e9-d58574a12dec"

CELLS = f"""
customer.hl7.send_data                         ADT^A28 org_northmoor                                   200
customer.hl7.read_demographics                 QRY^A19 org_northmoor                                   200
customer.hl7.read_clinical                     -                                                       denied
customer.hl7.read_clinical_from_others         -                                                       denied
customer.rest.send_data                        POST /json/v1/treatmentPlans northmoor-fhir             401
customer.rest.read_demographics                GET /rest/users/self northmoor-fhir                     401
customer.rest.read_clinical                    GET /json/v2-beta/measurements/{TOLA} northmoor-fhir    401
customer.rest.read_clinical_from_others        -                                                       denied
customer.facade.send_data                      POST /fhir/Patient northmoor-fhir                       401
customer.facade.read_demographics              GET /fhir/Patient/{TOLA} northmoor-fhir                 401
customer.facade.read_clinical                  GET /fhir/Consent?patient=Patient/{TOLA} northmoor-fhir 401
customer.facade.read_clinical_from_others      -                                                       denied
customer.messaging.send_data                   POST /phr-fhir/Patient/$process-message northmoor-fhir  401
customer.messaging.read_demographics           GET /phr-fhir/Patient/{TOLA} northmoor-fhir             401
customer.messaging.read_clinical               GET /phr-fhir/Observation northmoor-fhir                401
customer.messaging.read_clinical_from_others   -                                                       denied
customer.customer.send_data                    DELETE /customer/northmoor-r4/fhir/Patient/1 northmoor-fhir   204
customer.customer.read_demographics            GET /customer/northmoor-r4/fhir/Patient/1 northmoor-fhir   404
customer.customer.read_clinical                GET /customer/northmoor-r4/fhir/Condition northmoor-fhir   200
customer.customer.read_clinical_from_others    -                                                       denied
customer.aggregated.send_data                  PUT /aggregated/fhir/Patient/1 northmoor-fhir           405
customer.aggregated.read_demographics          GET /aggregated/fhir/Patient northmoor-fhir             200
customer.aggregated.read_clinical              GET /aggregated/fhir/Condition northmoor-fhir           200
customer.aggregated.read_clinical_from_others  -                                                       allowed
partner.hl7.send_data                          ADT^A28 partner_letterbox                               200
partner.hl7.read_demographics                  QRY^A19 partner_letterbox                               200
partner.hl7.read_clinical                      -                                                       denied
partner.hl7.read_clinical_from_others          -                                                       denied
partner.rest.send_data                         POST /json/v1/treatmentPlans letterbox-tethered         200
partner.rest.read_demographics                 GET /rest/users/self letterbox-tethered                 200
partner.rest.read_clinical                     GET /json/v2-beta/measurements/{TOLA} letterbox-tethered 200
partner.rest.read_clinical_from_others         -                                                       allowed
partner.facade.send_data                       POST /fhir/Patient letterbox-facade                     400
partner.facade.read_demographics               GET /fhir/Patient/{TOLA} letterbox-facade               200
partner.facade.read_clinical                   GET /fhir/Consent?patient=Patient/{TOLA} letterbox-facade  200
partner.facade.read_clinical_from_others       -                                                       allowed
partner.messaging.send_data                    POST /phr-fhir/Patient/$process-message letterbox-facade   201
partner.messaging.read_demographics            GET /phr-fhir/Patient/{TOLA} letterbox-facade           405
partner.messaging.read_clinical                GET /phr-fhir/Observation letterbox-facade              405
partner.messaging.read_clinical_from_others    -                                                       denied
partner.customer.send_data                     PUT /customer/northmoor-r4/fhir/Patient/1 letterbox-facade 403
partner.customer.read_demographics             GET /customer/northmoor-r4/fhir/Patient/1 letterbox-facade 403
partner.customer.read_clinical                 GET /customer/northmoor-r4/fhir/Condition letterbox-facade 403
partner.customer.read_clinical_from_others     -                                                       pending
partner.aggregated.send_data                   PUT /aggregated/fhir/Patient/1 letterbox-facade         401
partner.aggregated.read_demographics           GET /aggregated/fhir/Patient letterbox-facade           403
partner.aggregated.read_clinical               GET /aggregated/fhir/Condition letterbox-facade         403
partner.aggregated.read_clinical_from_others   -                                                       pending
app.hl7.send_data                              -                                                       denied
app.hl7.read_demographics                      -                                                       denied
app.hl7.read_clinical                          -                                                       denied
app.hl7.read_clinical_from_others              -                                                       denied
app.rest.send_data                             POST /json/v1/treatmentPlans stepwise-diary             200
app.rest.read_demographics                     GET /rest/users/self stepwise-diary                     200
app.rest.read_clinical                         GET /json/v2-beta/measurements/{TOLA} stepwise-diary    200
app.rest.read_clinical_from_others             -                                                       allowed
app.facade.send_data                           POST /fhir/Patient stepwise-diary                       400
app.facade.read_demographics                   GET /fhir/Patient/{TOLA} stepwise-diary                 200
app.facade.read_clinical                       GET /fhir/Consent?patient=Patient/{TOLA} stepwise-diary 200
app.facade.read_clinical_from_others           -                                                       allowed
app.messaging.send_data                        POST /phr-fhir/Patient/$process-message stepwise-diary  403
app.messaging.read_demographics                GET /phr-fhir/Patient/{TOLA} stepwise-diary             403
app.messaging.read_clinical                    GET /phr-fhir/Observation stepwise-diary                403
app.messaging.read_clinical_from_others        -                                                       denied
app.customer.send_data                         PUT /customer/northmoor-r4/fhir/Patient/1 stepwise-diary 403
app.customer.read_demographics                 GET /customer/northmoor-r4/fhir/Patient/1 stepwise-diary 403
app.customer.read_clinical                     GET /customer/northmoor-r4/fhir/Condition stepwise-diary 403
app.customer.read_clinical_from_others         -                                                       pending
app.aggregated.send_data                       PUT /aggregated/fhir/Patient/1 stepwise-diary           401
app.aggregated.read_demographics               GET /aggregated/fhir/Patient stepwise-diary             403
app.aggregated.read_clinical                   GET /aggregated/fhir/Condition stepwise-diary           403
app.aggregated.read_clinical_from_others       -                                                       pending
"""
"""Cell, request, credential, status. A dash: no request can ask for the cell (an app has no HL7 credentials, HL7 has no
clinical query, whose data it is decides about others' data); then its decision."""


BODIES = {
    "/json/v1/treatmentPlans": {"patientId": TOLA, "name": "Renal plan"},
    "/phr-fhir/Patient/$process-message": NEW_PATIENT,
}
"""Request bodies for paths that need one."""


class Row(NamedTuple):
    cell: str
    request: tuple[str, ...]
    credential: str
    answer: str


def rows() -> list[Row]:
    reachable = []
    for line in CELLS.strip().split("\n"):
        cell, *request, answer = line.split()
        reachable.append(Row(cell, tuple(request[:-1]), request[-1], answer))
    return reachable


ROWS = rows()


def ask(pkb: Client, row: Row) -> httpx.Response:
    if row.request[0] in HL7:
        text = (FIXTURES / f"{HL7[row.request[0]]}.hl7").read_text(encoding="utf-8")
        if row.credential.startswith("partner"):
            header, rest = text.split("\r", 1) if "\r" in text else text.split("\n", 1)
            fields = header.split("|")
            fields[3] = "NORTHMOOR_LB{NORTHMOOR_LB}"
            text = "|".join(fields) + "\r" + rest
        return pkb.post_soap(SOAP.format(escape(text)), row.credential)
    method, path = row.request
    headers = {"Authorization": f"Bearer {token(pkb, row.credential)}", "X-Org-Public-Id": pkb.organisation(NORTHMOOR)}
    return pkb.http.request(method, path, headers=headers, json=BODIES.get(path))


def token(pkb: Client, credential: str) -> str:
    if credential == "stepwise-diary":
        return pkb.user_token("tola.adeyemi@example.org")
    return pkb.tethered_token() if credential == "letterbox-tethered" else pkb.token(credential)


def test_the_table_has_every_cell_once():
    assert [row.cell for row in ROWS] == list(matrix())


@pytest.mark.parametrize("row", [row for row in ROWS if row.request], ids=lambda row: row.cell)
def test_a_request_meets_its_cell(pkb: Client, row: Row):
    response = ask(pkb, row)
    assert response.status_code == int(row.answer), response.text
    assert response.headers["pkb-sandbox-cell"] == row.cell
    assert response.headers["pkb-sandbox-standing"] in STANDINGS
    CHECKS[row.answer](pkb, row, response)


@pytest.mark.parametrize("row", [row for row in ROWS if not row.request], ids=lambda row: row.cell)
def test_a_cell_that_no_request_can_ask_for_is_shown(pkb: Client, row: Row):
    cell = pkb.control(f"/matrix/{row.cell}")
    assert (cell["cell"], cell["decision"]) == (row.cell, row.answer)
    assert (cell["credential"] is not None) == (row.answer == "allowed")
    assert cell["reason"]
    assert cell["source"].startswith("http")


def accepted(pkb: Client, row: Row, response: httpx.Response) -> None:
    explain = response.headers.get("pkb-sandbox-explain")
    assert explain is None or pkb.http.get(explain).json()["instead"] == "", "an accepted request was not refused"
    if row.request[0] in HL7:
        assert pkb.ack(response).code == "AA"
    elif row.cell.split(".")[1] != "rest":
        assert response.json()["resourceType"] in ("Patient", "Bundle")


def nothing_there(pkb: Client, row: Row, response: httpx.Response) -> None:
    if response.status_code == 204:
        assert response.content == b""
    else:
        assert response.json()["issue"][0]["diagnostics"] == "Resource Patient/1 not found"
        explained(pkb, row, response)


def other_issuer(pkb: Client, row: Row, response: httpx.Response) -> None:
    assert response.headers["www-authenticate"].startswith("Bearer")
    explanation = explained(pkb, row, response)
    assert explanation["standing"] == "documented"
    api = row.cell.split(".")[1]
    if api == "rest":
        assert response.json()["code"] == "BAD_AUTHENTICATION"
    elif api == "messaging":
        assert response.json()["error"] == "invalid_token"
    else:
        assert_operation_outcome(response, 401, "login", response_code="BAD_AUTHENTICATION")


def refused(pkb: Client, row: Row, response: httpx.Response) -> None:
    explained(pkb, row, response)
    if row.cell.split(".")[1] == "rest":
        assert response.json()["code"] == "WRONG_CLIENT_TYPE"
        return
    body = assert_operation_outcome(response, 403, "forbidden", response_code="USER_TYPE_NOT_PERM")
    pending = matrix()[row.cell].decision == "pending"
    assert (f"{row.cell} is pending" in body["issue"][0]["diagnostics"]) == pending


def created(pkb: Client, row: Row, response: httpx.Response) -> None:
    assert "pkb-sandbox-explain" not in response.headers
    assert response.json()["issue"][0]["code"] == "informational"


def not_offered_by_the_facade(pkb: Client, row: Row, response: httpx.Response) -> None:
    explained(pkb, row, response)
    text = "Invalid request: The FHIR endpoint on this server does not know how to handle POST operation[Patient]"
    assert_operation_outcome(response, 400, "processing", f"{text} with parameters [[]]")


def not_offered(pkb: Client, row: Row, response: httpx.Response) -> None:
    explained(pkb, row, response)
    assert_operation_outcome(response, 405, "not-supported")
    assert response.headers["allow"]


def not_built(pkb: Client, row: Row, response: httpx.Response) -> None:
    explained(pkb, row, response)
    if row.cell.split(".")[1] == "rest":
        assert response.status_code == 501
        return
    assert_operation_outcome(response, 501, "not-supported")


def explained(pkb: Client, row: Row, response: httpx.Response) -> dict[str, str]:
    """The explanation of a refusal, complete."""
    explanation: dict[str, str] = pkb.http.get(response.headers["pkb-sandbox-explain"]).json()
    assert set(explanation) == EXPLANATION
    assert explanation["cell"] == row.cell
    assert row.credential in explanation["caller"]
    assert all(explanation[key] for key in ("id", "rule", "expected", "instead", "standing", "source"))
    return explanation


CHECKS: dict[str, Callable[[Client, Row, httpx.Response], None]] = {
    "200": accepted,
    "201": created,
    "204": nothing_there,
    "400": not_offered_by_the_facade,
    "401": other_issuer,
    "403": refused,
    "404": nothing_there,
    "405": not_offered,
    "501": not_built,
}

HOLDERS = {
    "northmoor-fhir": "customer.hl7.send_data",
    "letterbox-facade": "partner.hl7.send_data",
    "stepwise-diary": "app.hl7.send_data",
}


@pytest.mark.parametrize(("client", "cell"), HOLDERS.items(), ids=HOLDERS)
def test_a_live_bearer_token_opens_no_hl7_and_names_the_cell(pkb: Client, client: str, cell: str):
    header = {"Authorization": f"Bearer {token(pkb, client)}"}
    response = pkb.post_soap(SOAP.format("MSH|"), user="", **header)
    assert response.status_code == 401
    assert response.content == b""
    assert response.headers["www-authenticate"].startswith("Basic")
    assert response.headers["pkb-sandbox-cell"] == cell
    assert pkb.http.get(response.headers["pkb-sandbox-explain"]).json()["cell"] == cell


def test_a_dead_bearer_token_at_hl7_names_no_cell(pkb: Client):
    response = pkb.post_soap(SOAP.format("MSH|"), user="", Authorization="Bearer null")
    assert response.status_code == 401
    assert "pkb-sandbox-cell" not in response.headers


UNKNOWN = {
    "none": {},
    "Bearer null": {"Authorization": "Bearer null"},
    "Basic": {"Authorization": "Basic bm9ib2R5Om5vdGhpbmc="},
    "no scheme": {"Authorization": "token"},
}
BEARER_APIS = {
    "rest": "/json/v2-beta/measurements",
    "facade": "/fhir/Patient/1",
    "messaging": "/phr-fhir/Patient/1",
    "customer": "/customer/northmoor-r4/fhir/Patient/1",
    "aggregated": "/aggregated/fhir/Patient",
}


@pytest.mark.parametrize("api", BEARER_APIS)
@pytest.mark.parametrize("headers", UNKNOWN.values(), ids=UNKNOWN)
def test_a_credential_that_is_missing_or_unknown_is_401_without_a_cell(pkb: Client, api: str, headers: dict[str, str]):
    response = pkb.http.get(BEARER_APIS[api], headers=headers)
    assert response.status_code == 401
    assert "pkb-sandbox-cell" not in response.headers
    assert response.headers["pkb-sandbox-standing"] == "inferred"
    assert response.headers["www-authenticate"].startswith('Bearer realm="pkb"')
    explanation = pkb.http.get(response.headers["pkb-sandbox-explain"]).json()
    assert set(explanation) == EXPLANATION
    assert explanation["cell"] == ""
    assert explanation["caller"] == "nobody that this API knows"
