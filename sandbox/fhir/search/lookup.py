"""How a test on values asks the store's indexes for the resources that may pass it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Equal:
    """Those with a value that is found by this key."""

    key: Hashable


@dataclass(frozen=True, slots=True)
class Between:
    """Those with a place from `low` to `high` in an order, both included; None for no end."""

    order: str
    low: Any
    high: Any


Lookup = Equal | Between


class Test(Protocol):
    """One value of a query, as a test on one value of a resource."""

    def holds(self, value: Any) -> bool:
        """Whether a value passes."""

    def lookups(self) -> Iterable[Lookup]:
        """Whatever passes is found by one of these; none when no index serves."""

    @property
    def suffices(self) -> bool:
        """Whether all that they find passes."""
