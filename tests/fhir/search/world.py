"""A store with the resources of one endpoint, and questions to it as a client writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from sandbox.fhir.base.capability import SearchRule
from sandbox.fhir.search import SearchMatches, StoreView, search, values_of
from sandbox.fhir.search.definitions import parameters_of, types
from sandbox.model import Resource
from sandbox.store import Store

Json = dict[str, Any]
BASE = "http://pkb.test/fhir"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@cache
def everything(release: str) -> Mapping[str, Mapping[str, SearchRule]]:
    """Every parameter of every type, as a statement that leaves nothing out would offer them."""
    return {
        type_: {
            name: SearchRule(name=name, type=parameter.type)
            for name, parameter in parameters_of(release, type_).items()
        }
        for type_ in types(release)
    }


class World:
    """Resources of one release, stored in the order in which they are put."""

    def __init__(self, release: str = "r4", now: datetime = NOW) -> None:
        self.store = Store()
        self.release = release
        self.view = StoreView(
            store=self.store,
            endpoint="own",
            release=release,
            base=BASE,
            now=now,
            offered=everything(release),
        )

    def put(self, *resources: Json) -> World:
        for resource in resources:
            self.store.put(
                Resource(
                    endpoint="own",
                    type=resource["resourceType"],
                    logical_id=resource["id"],
                    version=1,
                    created_at=NOW,
                    updated_at=NOW,
                    method="PUT",
                    text=json.dumps(resource, default=str),
                    values=values_of(self.release, resource),
                )
            )
        return self

    def search(self, question: str, *, strict: bool = False) -> SearchMatches:
        type_, _, query = question.partition("?")
        return search(self.view, type_, parse_qsl(query, keep_blank_values=True), strict=strict)

    def ids(self, question: str) -> list[str]:
        """The ids of the matches, in their order."""
        return [match.logical_id for match in self.search(question).matches]

    def included(self, question: str) -> list[str]:
        """Return the included resources as `Type/id`."""
        return sorted(f"{resource.type}/{resource.logical_id}" for resource in self.search(question).included)


def patient(id_: str, family: str, **more: Any) -> Json:
    return {"resourceType": "Patient", "id": id_, "name": [{"family": family}], **more}


def observation(id_: str, of: str, **more: Any) -> Json:
    return {"resourceType": "Observation", "id": id_, "subject": {"reference": of}, **more}


def ward(release: str = "r4") -> World:
    gp = {"resourceType": "Practitioner", "id": "gp", "name": [{"family": "Evans"}]}
    trust = {
        "resourceType": "Organization",
        "id": "trust",
        "name": "Northmoor",
        "partOf": {"reference": "Organization/nhs"},
    }
    nhs = {"resourceType": "Organization", "id": "nhs", "name": "NHS", "partOf": {"reference": "Organization/trust"}}
    seen_by = {"generalPractitioner": [{"reference": "Practitioner/gp"}]}
    return World(release).put(
        patient("ann", "Allen", birthDate="1980", managingOrganization={"reference": "Organization/trust"}, **seen_by),
        patient("bob", "Baker", birthDate="1970-05"),
        patient("cy", "Cole"),
        observation("o1", "Patient/ann", status="final", code={"coding": [{"code": "x"}]}),
        observation("o2", "Patient/ann", status="preliminary", code={"coding": [{"code": "y"}]}),
        observation("o3", f"{BASE}/Patient/bob", status="final", code={"coding": [{"code": "y"}]}),
        observation("o4", "http://elsewhere.test/fhir/Patient/ann", status="final"),
        gp,
        trust,
        nhs,
    )
