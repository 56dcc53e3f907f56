"""What a search looks at: the resources of one endpoint, as far as the caller may see them."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sandbox.fhir.base.capability import SearchRule
from sandbox.model import Resource
from sandbox.store import Store


class View(Protocol):
    """One endpoint in the eyes of one caller.

    Resources are named by keys of the view's own. Unless the view is `complete`, what the indexes give may hold keys of
    resources that the caller may not see; `resource` says so by None. `of_type` gives those alone that may be seen, in
    the order of their creation.
    """

    @property
    def complete(self) -> bool:
        """Whether the caller may see everything that is stored."""

    @property
    def release(self) -> str:
        """`stu3` or `r4`."""

    @property
    def base(self) -> str:
        """The absolute address of the endpoint, without a slash at the end."""

    @property
    def now(self) -> datetime:
        """The workspace's time."""

    def rules(self, type_: str) -> Mapping[str, SearchRule] | None:
        """The search parameters that the statement offers on a type; None when it does not offer the type."""

    def key(self, type_: str, id_: str) -> str:
        """The key that a resource would have."""

    def resource(self, key: str) -> Resource | None:
        """The resource with that key, unless it is deleted or not to be seen."""

    def size(self, type_: str) -> int:
        """How many resources of a type there are, or more: all of them together are read where nothing finds fewer."""

    def of_type(self, type_: str) -> Collection[str]:
        """The keys of all resources of a type."""

    def with_value(self, type_: str, parameter: str, key: Hashable) -> Collection[str]:
        """The keys of those that a search parameter finds by equality."""

    def between(self, type_: str, parameter: str, order: str, low: Any, high: Any) -> Ordered:
        """The keys of those that stand between two places in an order of a search parameter; some come twice."""


class Ordered(Protocol):
    """Keys in an order, counted without being read."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[str]: ...

    def __reversed__(self) -> Iterator[str]: ...

    def __contains__(self, key: object) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreView:
    """All resources of one endpoint, as the store keeps them."""

    store: Store
    endpoint: str
    release: str
    base: str
    now: datetime
    offered: Mapping[str, Mapping[str, SearchRule]]
    complete: bool = True

    def rules(self, type_: str) -> Mapping[str, SearchRule] | None:
        return self.offered.get(type_)

    def key(self, type_: str, id_: str) -> str:
        return f"{self.endpoint}/{type_}/{id_}"

    def resource(self, key: str) -> Resource | None:
        resource = self.store.find_one(Resource, key)
        return resource if resource is not None and resource.text else None

    def size(self, type_: str) -> int:
        return len(self.of_type(type_))

    def of_type(self, type_: str) -> Collection[str]:
        return self.store.ids(Resource, "type", (self.endpoint, type_))

    def with_value(self, type_: str, parameter: str, key: Hashable) -> Collection[str]:
        return self.store.ids(Resource, "value", (self.endpoint, type_, parameter, key))

    def between(self, type_: str, parameter: str, order: str, low: Any, high: Any) -> Ordered:
        return self.store.between(Resource, "place", (self.endpoint, type_, parameter, order), low, high)
