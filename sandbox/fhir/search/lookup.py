"""The index look-ups of a test on values."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Equal:
    """A look-up of resources with a value of this key."""

    key: Hashable


@dataclass(frozen=True, slots=True)
class Between:
    """A look-up of resources with a sort key from `low` to `high`, both included; None for no limit."""

    order: str
    low: Any
    high: Any


Lookup = Equal | Between


class Test(Protocol):
    """One value of a query, as a test on one value of a resource."""

    def accepts(self, value: Any) -> bool:
        """Return whether a value passes."""

    def lookups(self) -> Iterable[Lookup]:
        """Look-ups that include all values that pass; none if no index helps."""

    @property
    def is_sufficient(self) -> bool:
        """Return whether every value that the lookup finds passes."""
