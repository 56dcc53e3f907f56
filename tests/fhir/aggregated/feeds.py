"""Two Customers' feeds without a server: resources put and deleted at given minutes, and what becomes of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sandbox.fhir.aggregated.intake import sync
from sandbox.fhir.aggregated.intake.changes import prepare
from sandbox.fhir.aggregated.intake.upstream import CustomerFeed, upstream
from sandbox.fhir.aggregated.output.render import ENDPOINT
from sandbox.model import Resource, Upstream
from sandbox.settings import Settings
from sandbox.worlds.workspace import Workspace
from sandbox.worlds.workspaces import Workspaces

Json = dict[str, Any]
NORTHMOOR, EASTGATE = "ab0469a5-c2ba-4ff7-b9d4-9080df2db07e", "771c41ae-3218-4492-a2a3-f5b7aae8ec3d"
TOLA, RHYS = "9991001379", "9991013709"
NOBODY = "9990000018"
"""A valid number that no record has."""

NHS = "https://fhir.nhs.uk/Id/nhs-number"
ODS = "https://fhir.nhs.uk/Id/ods-organization-code"
START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
STU3 = CustomerFeed(name="northmoor-stu3", release="stu3", owner=NORTHMOOR, labels={})
R4 = CustomerFeed(name="eastgate-r4", release="r4", owner=EASTGATE, labels={})
FEEDS = {"stu3": STU3, "r4": R4}


@cache
def _prepared(number: int) -> tuple[Workspace, Any]:
    """A workspace to be used again and again, and its state with PKB's organisations mapped."""
    workspace = Workspaces(Settings(clock="2026-06-01T12:00:00Z")).default
    prepare(workspace)
    return workspace, workspace.store.snapshot()


class World:
    """The default world's record, and feeds that write into it; `number` tells worlds apart that live together."""

    def __init__(self, number: int = 0) -> None:
        self.workspace, snapshot = _prepared(number)
        self.store = self.workspace.store
        self.store.restore(snapshot)

    @property
    def now(self) -> datetime:
        return self.workspace.clock.now()

    @staticmethod
    def feed(feed: str) -> str:
        """The name of a feed's endpoint."""
        return FEEDS[feed].name

    def put(self, feed: str, resource: Json, minute: int = 0) -> str:
        """Sends a resource; the reason why it was skipped comes back, or nothing."""
        return self.put_text(feed, resource["resourceType"], resource["id"], json.dumps(resource), minute)

    def put_text(self, feed: str, type_: str, id_: str, text: str, minute: int = 0) -> str:
        """As `put`, to the character of the JSON."""
        at = START + timedelta(minutes=minute)
        endpoint = FEEDS[feed].name
        resource = Resource(
            endpoint=endpoint,
            type=type_,
            logical_id=id_,
            version=1,
            created_at=at,
            updated_at=at,
            method="PUT",
            text=text,
        )
        row = upstream(resource, FEEDS[feed])
        assert row is not None
        sync.take_in(self.store, {row.id: row}, self.now)
        return self.store.get(Upstream, row.id).reason

    def delete(self, feed: str, type_: str, id_: str) -> None:
        sync.take_in(self.store, {f"{FEEDS[feed].name}/{type_}/{id_}": None}, self.now)

    def resources(self, *types: str) -> dict[str, Json]:
        """Return Aggregated's resources of some types, or of all: `Type/id` → resource."""
        stored = (r for r in self.store.all(Resource) if r.endpoint == ENDPOINT and not r.deleted)
        return {f"{r.type}/{r.logical_id}": json.loads(r.text) for r in stored if not types or r.type in types}

    def target(self, feed: str, type_: str, id_: str) -> Json:
        row = self.store.get(Upstream, f"{FEEDS[feed].name}/{type_}/{id_}")
        resource = self.store.get(Resource, f"{ENDPOINT}/{row.target}")
        target: Json = json.loads(resource.text)
        return target


def organization(id_: str = "org", code: str = "RNM99", **more: Any) -> Json:
    return {"resourceType": "Organization", "id": id_, "identifier": [{"system": ODS, "value": code}], **more}


def patient(id_: str = "p", number: str = TOLA, **more: Any) -> Json:
    return {
        "resourceType": "Patient",
        "id": id_,
        "identifier": [{"system": NHS, "value": number}],
        "managingOrganization": {"reference": "Organization/org"},
        **more,
    }


def condition(id_: str = "c", subject: str = "p", **more: Any) -> Json:
    return {"resourceType": "Condition", "id": id_, "subject": {"reference": f"Patient/{subject}"}, **more}
