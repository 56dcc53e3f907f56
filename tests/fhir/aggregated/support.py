"""The Aggregated endpoint of the running sandbox, and the Customer endpoints that feed it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx

from sandbox.fhir.base.endpoints import AGGREGATED
from tests.fhir.customer.support import Endpoint
from tests.support import Client

Json = dict[str, Any]
NHS = "https://fhir.nhs.uk/Id/nhs-number"
ODS = "https://fhir.nhs.uk/Id/ods-organization-code"
PUBLIC_ID = "http://fhir.patientsknowbest.com/id/public-id"
LABEL = "http://fhir.patientsknowbest.com/codesystem/privacy-label"
TOLA, RHYS = "9991001379", "9991013709"
OWNERS = {"northmoor": "RNM99", "eastgate": "REG88", "stepwise": "8ST77"}


class Aggregated:
    """Calls Aggregated as the Customer System Client of one organisation."""

    def __init__(self, pkb: Client, client: str = "northmoor-fhir") -> None:
        self.pkb, self.client = pkb, client

    def ask(self, path: str, method: str = "GET", **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.pkb.token(self.client)}", **options.pop("headers", {})}
        return self.pkb.http.request(method, AGGREGATED.prefix + path, headers=headers, **options)

    def bundle(self, path: str) -> Json:
        response = self.ask(path)
        assert response.status_code == 200, response.text
        bundle: Json = response.json()
        assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "searchset")
        return bundle

    def search(self, path: str) -> list[Json]:
        """The matches of a search."""
        return [entry["resource"] for entry in self.bundle(path).get("entry", ())]

    def of(self, type_: str, number: str = TOLA, more: str = "") -> list[Json]:
        """Search a type for a patient by NHS number, as PKB's pages show it."""
        if type_ == "Patient":
            return self.search(f"/Patient?identifier={by(number)}")
        parameter = "actor" if type_ == "Appointment" else "patient" if type_ == "AllergyIntolerance" else "subject"
        return self.search(f"/{type_}?{parameter}:Patient.identifier={by(number)}{more}")


def by(number: str, system: str = NHS) -> str:
    return quote(f"{system}|{number}", safe=":/")


def feed(pkb: Client, name: str) -> Endpoint:
    """A Customer endpoint, with the Organization that names the source on it, as `Organization/org`."""
    owner = name.split("-")[0]
    endpoint = Endpoint(pkb, name, f"{owner}-fhir")
    endpoint.put(organization(OWNERS[owner]))
    return endpoint


def organization(code: str, id_: str = "org", **more: Any) -> Json:
    return {"resourceType": "Organization", "id": id_, "identifier": [{"system": ODS, "value": code}], **more}


def patient(number: str = TOLA, id_: str = "p", **more: Any) -> Json:
    return {
        "resourceType": "Patient",
        "id": id_,
        "identifier": [{"system": NHS, "value": number}],
        "managingOrganization": {"reference": "Organization/org"},
        **more,
    }


def observation(id_: str = "o", label: str = "GENERAL_HEALTH", **more: Any) -> Json:
    meta = {"meta": {"security": [{"system": LABEL, "code": label}]}} if label else {}
    return {
        "resourceType": "Observation",
        "id": id_,
        **meta,
        "status": "final",
        "code": {"text": "Weight"},
        "subject": {"reference": "Patient/p"},
        **more,
    }


def extension(resource: Json, tail: str) -> Any:
    """The value of an extension in `meta`, by the end of its URL; None when it is not there."""
    for extension in resource["meta"].get("extension", ()):
        if extension["url"].endswith(tail):
            return next(value for name, value in extension.items() if name.startswith("value"))
    return None


def codes(resource: Json) -> dict[str, str]:
    """The codes in `meta.security`, by the end of their system."""
    return {label["system"].rpartition("/")[2]: label["code"] for label in resource["meta"].get("security", ())}
