"""How the tests of Messaging send: the example Patient, changed, and the roadmap's Bundle around it."""

from __future__ import annotations

import copy
from typing import Any

import httpx

from sandbox.base import datafiles
from tests.support import NORTHMOOR, Client

Json = dict[str, Any]
PATH = "/phr-fhir/Patient/$process-message"
EXAMPLE: Json = datafiles.read_json(datafiles.path("fixtures/fhir/stu3/process_message.json"))
NUMBER = "9998120012"
NHS = "https://fhir.nhs.uk/Id/nhs-number"
TEAM_ALIAS = "http://fhir.patientsknowbest.com/structuredefinition/team-alias"


def person(**changed: Any) -> Json:
    """The example with elements replaced; None takes one out."""
    patient = {**copy.deepcopy(EXAMPLE), **changed}
    return {key: value for key, value in patient.items() if value is not None}


def aliases(*names: str) -> list[Json]:
    return [{"url": TEAM_ALIAS, "valueString": name} for name in names]


def numbered(value: str, system: str = NHS) -> list[Json]:
    return [{"system": system, "value": value}]


def send(
    pkb: Client,
    body: Any,
    *,
    path: str = PATH,
    organisation: str | None = NORTHMOOR,
    client: str = "letterbox-facade",
    **headers: str,
) -> httpx.Response:
    sent_headers = {"Authorization": f"Bearer {pkb.token(client)}", "Content-Type": "application/fhir+json"}
    if organisation:
        sent_headers["X-Org-Public-Id"] = pkb.organisation(organisation)
    sent_headers |= {name.replace("_", "-"): value for name, value in headers.items()}
    if isinstance(body, bytes):
        return pkb.http.post(path, content=body, headers=sent_headers)
    return pkb.http.post(path, json=body, headers=sent_headers)


def issues(response: httpx.Response, status: int) -> list[tuple[str, str, str]]:
    """Severity, code and diagnostics of each issue of an OperationOutcome."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/fhir+json;charset=utf-8"
    body = response.json()
    assert body["resourceType"] == "OperationOutcome"
    return [(issue["severity"], issue["code"], issue["diagnostics"]) for issue in body["issue"]]


def stored(pkb: Client, number: str = NUMBER) -> Any:
    return pkb.control(f"/records/{number}")["patient"]
