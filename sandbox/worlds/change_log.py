"""Which exchange changed what: each change as a step from one value of an entity to the next.

Entities are never changed in place, so the steps between two of them are found by going back from the later one, value
by value. What a transaction took back, or a restore left behind, lies on no such way.
"""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

LONGEST = 20_000
"""Steps that are kept; the oldest are forgotten first."""


class Step(NamedTuple):
    """One change: the entity before and after, None where there was none, and the id of the exchange, if there was one.

    `api` is the API that it came by; empty for what time brought.
    """

    before: Any | None
    after: Any | None
    exchange: str | None
    api: str


class ChangeLog:
    """The steps of one world, the newest last; none are kept until `start`."""

    def __init__(self) -> None:
        self._steps: deque[Step] = deque()
        self._into: dict[tuple[type, str], list[Step]] = {}
        self.on = False

    def note(self, step: Step) -> None:
        if not self.on:
            return
        self._steps.append(step)
        self._into.setdefault(_key(step), []).append(step)
        if len(self._steps) > LONGEST:
            self._forget(self._steps.popleft())

    def clear(self) -> None:
        self._steps.clear()
        self._into.clear()

    def between(self, before: Any | None, after: Any | None) -> list[Step]:
        """The steps that lead from one value to the other, in their order; backwards where the first is the later one.

        Where the two lie on different branches, the steps of both since they parted.
        """
        entity = before if before is not None else after
        steps = self._into.get((type(entity), entity.id), []) if entity is not None else []
        parted = _way(steps, after) ^ _way(steps, before)
        return _joined([step for step in steps if id(step) in parted])

    def _forget(self, step: Step) -> None:
        steps = self._into[_key(step)]
        steps.remove(step)
        if not steps:
            del self._into[_key(step)]


def _key(step: Step) -> tuple[type, str]:
    entity: Any = step.before if step.before is not None else step.after
    return type(entity), entity.id


def _joined(steps: list[Step]) -> list[Step]:
    """The steps, those of one exchange behind each other as one: a list that is replaced goes and comes back."""
    joined: list[Step] = []
    for step in steps:
        if joined and step.exchange is not None and joined[-1].exchange == step.exchange:
            joined[-1] = step._replace(before=joined[-1].before)
        else:
            joined.append(step)
    return joined


def _way(steps: list[Step], entity: Any | None) -> set[int]:
    """The identities of the steps that lead to a value of an entity."""
    way = set()
    for step in reversed(steps):
        if step.after is entity:
            way.add(id(step))
            entity = step.before
    return way
