"""What a search of Aggregated looks at: the aggregated resources, as far as the caller's organisation may see them."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.fhir.aggregated.render import ENDPOINT
from sandbox.fhir.aggregated.visibility import Visibility
from sandbox.fhir.capability import SearchRule
from sandbox.fhir.matching import StoreView
from sandbox.fhir.matching.view import Ordered
from sandbox.model import Resource


@dataclass(frozen=True, slots=True)
class AggregatedView:
    """A `StoreView` of the endpoint, seen through a visibility; keys are `aggregated/Type/id`.

    With `only`, nothing but these resources, `Type/id`, is there.
    """

    whole: StoreView
    visibility: Visibility
    only: frozenset[str] | None = None

    @property
    def complete(self) -> bool:
        return False

    @property
    def release(self) -> str:
        return self.whole.release

    @property
    def base(self) -> str:
        return self.whole.base

    @property
    def now(self) -> datetime:
        return self.whole.now

    def rules(self, type_: str) -> Mapping[str, SearchRule] | None:
        return self.whole.rules(type_)

    def key(self, type_: str, id_: str) -> str:
        return self.whole.key(type_, id_)

    def resource(self, key: str) -> Resource | None:
        return self.whole.resource(key) if self._shows(key) else None

    def of_type(self, type_: str) -> Collection[str]:
        return [key for key in self.whole.of_type(type_) if self._shows(key)]

    def with_value(self, type_: str, parameter: str, key: Hashable) -> Collection[str]:
        return self.whole.with_value(type_, parameter, key)

    def between(self, type_: str, parameter: str, order: str, low: Any, high: Any) -> Ordered:
        return self.whole.between(type_, parameter, order, low, high)

    def _shows(self, key: str) -> bool:
        name = key.removeprefix(f"{ENDPOINT}/")
        return (self.only is None or name in self.only) and self.visibility.sees(name)
