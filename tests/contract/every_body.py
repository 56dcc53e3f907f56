"""Every body of a world at the five FHIR endpoints, for a validator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.contract import test_facade_bodies as facade
from tests.support import Client

Json = dict[str, Any]
CUSTOMER = {
    "northmoor-stu3": ("stu3", "northmoor-fhir"),
    "northmoor-r4": ("r4", "northmoor-fhir"),
    "eastgate-r4": ("r4", "eastgate-fhir"),
}
"""Customer endpoint → its release, and the client of its owner."""


class Body(NamedTuple):
    """A resource as an endpoint gave it."""

    release: str
    endpoint: str
    resource: Json

    @property
    def name(self) -> str:
        return f"{self.endpoint}: {self.resource['resourceType']}/{self.resource.get('id', '')}"


def every_body(pkb: Client) -> list[Body]:
    """Each resource once, and a Bundle of each kind with its first entry."""
    bodies = (part for body in (*_facade(pkb), *_customer(pkb), *_aggregated(pkb)) for part in _parts(body))
    return list({_key(body): body for body in bodies}.values())


def _parts(body: Body) -> Iterator[Body]:
    entries = body.resource.get("entry", [])
    yield body._replace(resource={**body.resource, "entry": entries[:1]}) if entries else body
    yield from (body._replace(resource=entry["resource"]) for entry in entries if "resource" in entry)


def _key(body: Body) -> str:
    """Return the key of a body: its content; of a Bundle the endpoint, type, links and first entry's type."""
    if body.resource["resourceType"] != "Bundle":
        return json.dumps(body.resource)
    links = [link["relation"] for link in body.resource.get("link", ())]
    types = [entry.get("resource", {}).get("resourceType") for entry in body.resource.get("entry", ())]
    return f"{body.endpoint} {body.resource['type']} {links} {types}"


def _facade(pkb: Client) -> Iterator[Body]:
    for kind in (facade.searched, facade.read, facade.operated, facade.refused):
        yield from (Body("stu3", "Facade and Messaging", response.json()) for response in kind(pkb))
    for path in ("/fhir", "/phr-fhir"):
        yield Body("stu3", "Facade and Messaging", pkb.http.get(f"{path}/metadata").json())


def _customer(pkb: Client) -> Iterator[Body]:
    for name, (release, client) in CUSTOMER.items():
        base, headers = f"/customer/{name}/fhir", {"Authorization": f"Bearer {pkb.token(client)}"}
        yield from (Body(release, name, body) for body in _of_every_type(pkb, base, headers))
        for path in ("/Patient/_history?_count=3", "/Patient/nobody", "/Patient?nonsense=1"):
            yield Body(release, name, pkb.http.get(f"{base}{path}", headers=headers).json())


def _aggregated(pkb: Client) -> Iterator[Body]:
    for client in ("northmoor-fhir", "eastgate-fhir"):
        headers = {"Authorization": f"Bearer {pkb.token(client)}"}
        yield from (Body("r4", "Aggregated", body) for body in _of_every_type(pkb, "/aggregated/fhir", headers))
        yield Body("r4", "Aggregated", pkb.http.get("/aggregated/fhir/Patient/nobody", headers=headers).json())


def _of_every_type(pkb: Client, base: str, headers: dict[str, str]) -> Iterator[Json]:
    """The statement, and what a search of each type of it finds."""
    statement = pkb.http.get(f"{base}/metadata").json()
    yield statement
    for row in statement["rest"][0]["resource"]:
        yield pkb.http.get(f"{base}/{row['type']}?_count=100", headers=headers).json()
