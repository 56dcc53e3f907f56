"""FHIR resources that Customers send: kept as they were sent, version by version."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """The newest version of a FHIR resource at one endpoint.

    `text` is the JSON that the endpoint shows of it, empty once it is deleted; `method` is the HTTP method that made
    this version; `values` holds what search parameters find it by, parameter → values, taken out when it was written.
    """

    endpoint: str
    type: str
    logical_id: str
    version: int
    created_at: datetime
    updated_at: datetime
    method: str
    text: str = ""
    values: Mapping[str, tuple[Hashable, ...]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.endpoint}/{self.type}/{self.logical_id}"

    @property
    def deleted(self) -> bool:
        return not self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceVersion(Resource):
    """Any version of a resource, the newest included: what its history is made of."""

    @property
    def id(self) -> str:
        return f"{self.endpoint}/{self.type}/{self.logical_id}/_history/{self.version}"
