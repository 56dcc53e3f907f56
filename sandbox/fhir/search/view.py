"""The resources of one endpoint that a search may read and the caller may see."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sandbox.fhir.base.capability import SearchRule
from sandbox.fhir.search.limits import DEFAULT_LIMITS, SearchLimits
from sandbox.model import Resource
from sandbox.store import Store


class View(Protocol):
    """One endpoint for one caller.

    Resources have keys of the view. Unless the view is `complete`, indexes may return keys of resources that the
    caller may not see, for which `resource` returns None. `of_type` returns only visible ones, in the order of their
    creation.
    """

    @property
    def complete(self) -> bool:
        """Return whether the caller may see everything that is stored."""

    @property
    def release(self) -> str:
        """`stu3` or `r4`."""

    @property
    def base(self) -> str:
        """The absolute URL of the endpoint, without a slash at the end."""

    @property
    def now(self) -> datetime:
        """The workspace's time."""

    @property
    def limits(self) -> SearchLimits:
        """The limits of a search."""

    def rules(self, type_: str) -> Mapping[str, SearchRule] | None:
        """Return the search parameters that the statement offers on a type; None if it does not offer the type."""

    def key(self, type_: str, id_: str) -> str:
        """Return the key of a resource."""

    def resource(self, key: str) -> Resource | None:
        """Return the resource with a key, unless it is deleted or not visible."""

    def size(self, type_: str) -> int:
        """Return an upper bound of the number of resources of a type, to decide whether to read them all."""

    def of_type(self, type_: str) -> Collection[str]:
        """Return the keys of all resources of a type."""

    def with_value(self, type_: str, parameter: str, key: Hashable) -> Collection[str]:
        """Return the keys that a search parameter finds by equality."""

    def between(self, type_: str, parameter: str, order: str, low: Any, high: Any) -> Ordered:
        """Return the keys between two sort keys of a search parameter; some occur twice."""


class Ordered(Protocol):
    """Keys in an ordering, which are counted without being read."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[str]: ...

    def __reversed__(self) -> Iterator[str]: ...

    def __contains__(self, key: object) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreView:
    """All stored resources of one endpoint."""

    store: Store
    endpoint: str
    release: str
    base: str
    now: datetime
    offered: Mapping[str, Mapping[str, SearchRule]]
    complete: bool = True
    limits: SearchLimits = DEFAULT_LIMITS

    def rules(self, type_: str) -> Mapping[str, SearchRule] | None:
        return self.offered.get(type_)

    def key(self, type_: str, id_: str) -> str:
        return f"{self.endpoint}/{type_}/{id_}"

    def resource(self, key: str) -> Resource | None:
        resource = self.store.find_one(Resource, key)
        # A deletion is stored as a version without a text.
        return resource if resource is not None and resource.text else None

    def size(self, type_: str) -> int:
        return len(self.of_type(type_))

    def of_type(self, type_: str) -> Collection[str]:
        return self.store.ids(Resource, "type", (self.endpoint, type_))

    def with_value(self, type_: str, parameter: str, key: Hashable) -> Collection[str]:
        return self.store.ids(Resource, "value", (self.endpoint, type_, parameter, key))

    def between(self, type_: str, parameter: str, order: str, low: Any, high: Any) -> Ordered:
        return self.store.between(Resource, "place", (self.endpoint, type_, parameter, order), low, high)
