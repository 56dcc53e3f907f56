"""How the tests of operations ask: Parameters bodies, identifiers, and the people of the default world."""

from __future__ import annotations

from typing import Any

import httpx
from fhir.resources.STU3.parameters import Parameters

from tests.support import NORTHMOOR, Client

Json = dict[str, Any]
NHS = "https://fhir.nhs.uk/Id/nhs-number"
CHI = "urn:oid:2.16.840.1.113883.2.1.3.2.4.16.53"
HCN = "urn:uuid:1479257a-ce8f-482a-89fa-429ac066c158"
BSN = "http://fhir.nl/fhir/NamingSystem/bsn"
PUBLIC_ID = "http://fhir.patientsknowbest.com/id/public-id"
OLD_PUBLIC_ID = "urn:uuid:cd97da65-0aa4-43a6-b695-cfd0c6f3267d"

TOLA, IDRIS, MARJORIE, NOOR, AOIFE = "9991001379", "9991002758", "9991004114", "9991006850", "9991015078"
BRIGHT, MARCHETTI = "f1640ff8-d059-403c-b0d5-295ffc6e627d", "9a2f79e6-0b1a-4bce-901b-a04516f81cdd"
RENAL, DIABETES = "b1fca6de-884d-4803-b760-ebd7f8cac475", "2c753854-647e-425b-af7c-17507335f501"


def nhs(value: str) -> Json:
    return {"system": NHS, "value": value}


def parameters(*parts: tuple[str, Json]) -> Json:
    """A Parameters resource; each entry a name and its `value[x]`."""
    return {"resourceType": "Parameters", "parameter": [{"name": name, **value} for name, value in parts]}


def patients(*identifiers: Json) -> Json:
    return parameters(*(("patientIdentifier", {"valueIdentifier": identifier}) for identifier in identifiers))


def post(pkb: Client, path: str, body: Any, organisation: str | None = NORTHMOOR, **more: Any) -> httpx.Response:
    """A call of an operation by the partner's System Client."""
    return pkb.facade(path, method="POST", json=body, organisation=organisation, **more)


def answered(response: httpx.Response) -> list[Json]:
    """The entries of a Parameters answer that is valid STU3; parts as an object from their names to their values."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/fhir+json;charset=utf-8"
    body = response.json()
    Parameters.model_validate(body)
    return [_shown(entry) for entry in body.get("parameter", [])]


def _shown(entry: Json) -> Json:
    if "part" in entry:
        return {"name": entry["name"], **{part["name"]: _value(part) for part in entry["part"]}}
    return {"name": entry["name"], "value": _value(entry)}


def _value(entry: Json) -> Any:
    (value,) = (value for key, value in entry.items() if key.startswith("value"))
    return value
