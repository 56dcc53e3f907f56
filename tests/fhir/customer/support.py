"""A Customer endpoint of the running sandbox, as its owner calls it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import httpx

from tests.fhir.strict_reader import read_strictly
from tests.support import Client

Json = dict[str, Any]
FATAL = {"severity": "fatal"}


@dataclass
class Endpoint:
    """Calls one endpoint, as Northmoor's Customer System Client unless another client is named."""

    pkb: Client
    name: str = "northmoor-r4"
    client: str = "northmoor-fhir"

    @property
    def path(self) -> str:
        return f"/customer/{self.name}/fhir"

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """`body` is sent as JSON unless it is bytes; header names are written with underscores."""
        sent_headers = {"Authorization": f"Bearer {self.pkb.token(self.client)}"} if self.client else {}
        sent_headers.update({name.replace("_", "-"): value for name, value in headers.items()})
        content = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        response = self.pkb.http.request(method, self.path + path, content=content, headers=sent_headers)
        self._check_readable(response)
        return response

    def _check_readable(self, response: httpx.Response) -> None:
        """Whatever the server itself writes, a strict reader of the release can read."""
        if "fhir+json" in response.headers.get("content-type", "") and response.content:
            answer = response.json()
            if answer["resourceType"] in ("Bundle", "CapabilityStatement", "OperationOutcome"):
                read_strictly("stu3" if "stu3" in self.name else "r4", answer, own_only=True)

    def put(self, resource: Json, **headers: str) -> Json:
        response = self.ask("PUT", f"/{resource['resourceType']}/{resource['id']}", resource, **headers)
        assert response.status_code in (200, 201), response.text
        stored: Json = response.json()
        return stored

    def get(self, path: str, **headers: str) -> Json:
        response = self.ask("GET", path, **headers)
        assert response.status_code == 200, response.text
        body: Json = response.json()
        return body


def bare(resource: Json) -> Json:
    """A resource without its meta."""
    return {name: value for name, value in resource.items() if name != "meta"}


def version(response: httpx.Response) -> int:
    return int(response.json()["meta"]["versionId"])


def assert_refused(response: httpx.Response, status: int, code: str, diagnostics: str, where: str = "") -> Json:
    """The shape in which a Customer endpoint says no to the owner: one fatal issue."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/fhir+json;charset=utf-8"
    body: Json = response.json()
    assert body["resourceType"] == "OperationOutcome"
    (issue,) = body["issue"]
    expected = {"severity": "fatal", "code": code, "diagnostics": diagnostics}
    assert issue == ({**expected, "expression": [where]} if where else expected)
    assert body["text"]["status"] == "generated"
    return body
