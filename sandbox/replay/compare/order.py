"""The order of a list, as far as it means something: by a time, the oldest or the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

TIMES = (
    "start",
    "date",
    "effectiveDateTime",
    "issued",
    "sent",
    "created",
    "indexed",
    "authoredOn",
    "authored",
    "takenDate",
    "timestamp",
)
"""Keys whose values a list may be ordered by; times at which a server stored something are not among them."""
LEAST = 3
"""Number of objects that an order needs: two are always in one."""


class Order(NamedTuple):
    """Which objects come first, by which key."""

    first: str
    key: str

    def __str__(self) -> str:
        return f"{self.first} first, by {self.key}"


def order_of(items: Sequence[dict[str, Any]]) -> Order | None:
    """Return the order of objects or entries by a time, which each must have and no two may share; else None."""
    return next((order for key in TIMES if (order := _order_by(key, items))), None)


def is_in_order(order: Order, items: Sequence[dict[str, Any]]) -> bool:
    """Return whether other objects are in an order, or have no such times."""
    return order == _order_by(order.key, items) or _times(order.key, items) is None


def _order_by(key: str, items: Sequence[dict[str, Any]]) -> Order | None:
    times = _times(key, items)
    if times is None:
        return None
    rising = sorted(times)
    return Order("oldest", key) if times == rising else Order("newest", key) if times == rising[::-1] else None


def _times(key: str, items: Sequence[dict[str, Any]]) -> list[str] | None:
    """Return the times of a key; None if one is missing, comes twice or has another form than the others."""
    times = [_resource(item).get(key) for item in items]
    texts = [time for time in times if isinstance(time, str) and time]
    # Texts order like their times only if they have the same length and zone: not `2024` and `2024-05-01`.
    is_comparable = len({(len(text), text[-1:]) for text in texts}) == 1
    return texts if len(texts) == len(set(texts)) == len(items) >= LEAST and is_comparable else None


def _resource(item: dict[str, Any]) -> dict[str, Any]:
    resource = item.get("resource")
    return resource if isinstance(resource, dict) else item
