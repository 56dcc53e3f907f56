"""FHIR resources of Customers, stored as they were sent, version by version."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sandbox.base.quick_init import quick_init


class SearchValue(Protocol):
    """A value that a search parameter compares: hashable, with keys for indexes."""

    def __hash__(self) -> int: ...

    def keys(self) -> Iterable[Hashable]:
        """The key for an equality index."""

    def sort_keys(self) -> Iterable[tuple[str, Any]]:
        """Its sort keys: name of an ordering → a comparable value."""


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """The newest version of a FHIR resource at one endpoint.

    `text` is the JSON that the endpoint returns, empty once it is deleted; `method` is the HTTP method that created
    this version; `values` contains the values of search parameters, extracted from the text when they are first read.
    """

    endpoint: str
    type: str
    logical_id: str
    version: int
    created_at: datetime
    updated_at: datetime
    method: str
    text: str = ""
    values: Mapping[str, tuple[SearchValue, ...]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.endpoint}/{self.type}/{self.logical_id}"

    @property
    def deleted(self) -> bool:
        return not self.text

    @property
    def unread(self) -> int:
        """Return the number of characters from which the values are still to be extracted."""
        size: int = getattr(self.values, "unread", 0)
        return size


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceVersion(Resource):
    """Any version of a resource, including the newest, for its history."""

    @property
    def id(self) -> str:
        return f"{self.endpoint}/{self.type}/{self.logical_id}/_history/{self.version}"
