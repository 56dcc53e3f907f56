"""A request of each API for fault rules to spoil: what it is, whether it was carried out, and how the API says no."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import httpx

from sandbox.model import Measurement, RadiologyReport, ResourceVersion
from sandbox.store import Store
from sandbox.worlds.workspace import Workspace
from tests.fhir.messaging import samples as messaging
from tests.hl7.samples import example
from tests.rest.support import call, token_of
from tests.support import SOAP, Client

RHYS = "ca7dfd5d-19d2-4e88-88f1-def6bb3a9200"
DONE = "http://localhost:8400/done"
CONDITION = {"resourceType": "Condition", "subject": {"reference": f"Patient/{RHYS}"}}
OUTCOMES = {401: "login", 429: "throttled", 500: "exception", 503: "transient", 504: "timeout"}
"""Status → issue code of an OperationOutcome."""


@dataclass(frozen=True)
class Api:
    """One API. `prepare` gets what a request needs, `send` sends it, `applied` counts how often it was carried out."""

    name: str
    prepare: Callable[[Client], Any]
    send: Callable[[Client, Any], httpx.Response]
    operation: str
    client: str
    check_error: Callable[[httpx.Response, int], None]
    patient: str = RHYS
    applied: Callable[[Workspace], int] | None = None
    times_when_repeated: int = 2
    status: int = 200


def assert_fault(response: httpx.Response, status: int) -> None:
    if status == 401:
        assert (response.content, response.headers["www-authenticate"]) == (b"", 'Basic realm="PKB HL7 API"')
        return
    assert response.headers["content-type"] == "text/xml;charset=utf-8"
    (code,) = ElementTree.fromstring(response.content).iter("faultcode")
    assert code.text == ("soapenv:Server" if status >= 500 else "soapenv:Client")


def assert_outcome(response: httpx.Response, status: int) -> None:
    assert response.headers["content-type"] == "application/fhir+json;charset=utf-8"
    body = response.json()
    assert body["resourceType"] == "OperationOutcome"
    assert body["issue"][0]["code"] == OUTCOMES[status]


def assert_messaging(response: httpx.Response, status: int) -> None:
    if status == 401:
        assert response.json()["error"] == "invalid_token"
        return
    assert_outcome(response, status)


def assert_rest(response: httpx.Response, status: int) -> None:
    codes = {401: "BAD_AUTHENTICATION", 429: "TOO_MANY_REQUESTS", 500: "INTERNAL_ERROR"}
    codes |= {503: "SERVICE_UNAVAILABLE", 504: "GATEWAY_TIMEOUT"}
    body = response.json()
    assert set(body) == {"status", "code", "message"}
    assert (body["status"], body["code"]) == (status, codes[status])


def assert_rfc_6749(response: httpx.Response, status: int) -> None:
    errors = {401: "invalid_client", 429: "temporarily_unavailable", 503: "temporarily_unavailable"}
    body = response.json()
    assert set(body) == {"error", "error_description"}
    assert body["error"] == errors.get(status, "server_error")
    assert response.headers["cache-control"] == "no-store"


WRITTEN: list[RadiologyReport] = []
"""Every report that was ever written: one each time that a message is applied."""
CONTROL_ID = "oru-rad"
REPORT = example("oru_r01_radiology").replace("9991001379", "9991013709").replace("Adeyemi^Tola", "Delacroix^Rhys")


def note_write(store: Store, before: RadiologyReport | None, after: RadiologyReport | None) -> None:
    if after is not None:
        WRITTEN.append(after)


def watch(pkb: Client) -> None:
    pkb.server.workspaces.default.store.watch((RadiologyReport,), note_write)


def realm_token(pkb: Client) -> str:
    return pkb.token("northmoor-fhir")


def customer(pkb: Client, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return pkb.http.post("/customer/northmoor-r4/fhir/Condition", json=CONDITION, headers=headers)


def aggregated(pkb: Client, token: str) -> httpx.Response:
    number = "https://fhir.nhs.uk/Id/nhs-number|9991013709"
    headers = {"Authorization": f"Bearer {token}"}
    return pkb.http.get("/aggregated/fhir/Patient", params={"identifier": number}, headers=headers)


def measure(pkb: Client, token: str) -> httpx.Response:
    return call(pkb, "POST", f"/v2-beta/measurements/{RHYS}", token, json={"apiRef": "weight", "value": "71"})


def code_of_rhys(pkb: Client) -> str:
    """An authorization code, from the control API."""
    user = next(user for user in pkb.credential("stepwise-diary")["users"] if "rhys" in user["email"])
    query = {"client_id": "stepwise-diary", "redirect_uri": DONE}
    redirect = pkb.http.post(f"/_sandbox/users/{user['id']}/approve", json=query).json()["redirect"]
    return parse_qs(urlsplit(redirect).query)["code"][0]


def exchange_code(pkb: Client, code: str) -> httpx.Response:
    form = {"grant_type": "authorization_code", "client_id": "stepwise-diary", "redirect_uri": DONE, "code": code}
    return pkb.http.post("/apiToken.action", data=form)


APIS = {
    api.name: api
    for api in (
        Api(
            name="hl7",
            prepare=watch,
            send=lambda pkb, _: pkb.post_soap(SOAP.format(escape(REPORT))),
            operation="ORU^R01 radiology",
            client="org_northmoor",
            check_error=assert_fault,
            applied=lambda world: len(WRITTEN),
        ),
        Api(
            name="rest",
            prepare=lambda pkb: token_of(pkb, "CLINICIAN"),
            send=measure,
            operation="POST /v2-beta/measurements/{patientId}",
            client="stepwise-clinic",
            check_error=assert_rest,
            applied=lambda world: len(list(world.store.all(Measurement))),
        ),
        Api(
            name="facade",
            prepare=lambda pkb: pkb.token("letterbox-facade"),
            send=lambda pkb, _: pkb.facade(f"/Patient/{RHYS}"),
            operation="read Patient",
            client="letterbox-facade",
            check_error=assert_outcome,
        ),
        Api(
            name="messaging",
            prepare=lambda pkb: pkb.token("letterbox-facade"),
            send=lambda pkb, _: messaging.send(pkb, messaging.person(identifier=messaging.numbered("9991013709"))),
            operation="$process-message",
            client="letterbox-facade",
            check_error=assert_messaging,
        ),
        Api(
            name="customer",
            prepare=realm_token,
            send=customer,
            operation="create Condition",
            client="northmoor-fhir",
            check_error=assert_outcome,
            status=201,
            applied=lambda world: len(list(world.store.all(ResourceVersion))),
        ),
        Api(
            name="aggregated",
            prepare=realm_token,
            send=aggregated,
            operation="search-type Patient",
            client="northmoor-fhir",
            check_error=assert_outcome,
        ),
        Api(
            name="oauth",
            prepare=code_of_rhys,
            send=exchange_code,
            operation="token authorization_code",
            client="stepwise-diary",
            check_error=assert_rfc_6749,
            applied=lambda world: len(world.sessions),
            times_when_repeated=1,
        ),
    )
}
"""API → a request of it. A code is good once: its repetition is refused, and ends the session that it opened."""
