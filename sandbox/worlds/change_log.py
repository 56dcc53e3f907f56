"""The cause of each change, as steps from one value of an entity to the next.

Entities never change in place, so the steps between two values are found by going back from the later one. Changes
that a transaction rolled back, or a restore left behind, are not on that way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from sandbox.worlds.history import StateHistory

LONGEST = 20_000
"""Maximum number of steps; the oldest are dropped first."""
Key = tuple[type, str]
"""An entity: its kind and id."""
Touched = dict[type, dict[str, None]]
"""Entities by kind, their ids in the order in which they were first touched."""


class ChangeStep(NamedTuple):
    """One change: the entity before and after, None if there was none, and the id of the exchange, if any.

    `api` is the API that it came by; empty for what time brought.
    """

    before: Any | None
    after: Any | None
    exchange: str | None
    api: str

    @property
    def key(self) -> Key:
        entity: Any = self.before if self.before is not None else self.after
        return type(entity), entity.id


class ChangeLog:
    """The steps of one world, newest last; none are kept before `start`."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._steps: dict[int, ChangeStep] = {}
        self._numbers: dict[Key, list[int]] = {}
        self.on = False
        self.count = 0

    def note(self, step: ChangeStep) -> None:
        if not self.on:
            return
        self._steps[self.count] = step
        self._numbers.setdefault(step.key, []).append(self.count)
        self.count += 1
        if len(self._steps) > self._longest:
            self._forget(next(iter(self._steps)))

    def clear(self) -> None:
        self._steps.clear()
        self._numbers.clear()

    def touched(self, ranges: Iterable[range]) -> Touched | None:
        """The entities that some steps were about; None where any of these steps is forgotten."""
        entities: Touched = {}
        for number in (number for numbers in ranges for number in numbers):
            step = self._steps.get(number)
            if step is None:
                return None
            kind, id_ = step.key
            entities.setdefault(kind, {})[id_] = None
        return entities

    def of_exchange(self, exchange: str, is_stored: Callable[[ChangeStep], bool]) -> list[ChangeStep]:
        """Return what an exchange did to each entity, as one step for each; what was rolled back is left out.

        `is_stored` says whether the entity is still as a step left it.
        """
        steps: dict[Key, ChangeStep] = {}
        lasting: dict[Key, bool] = {}
        for step in self._steps.values():
            earlier = steps.get(step.key)
            if step.exchange == exchange:
                steps[step.key] = step if earlier is None else step._replace(before=earlier.before)
            elif earlier is not None:
                # The next change decides: if it began with another value, that of the exchange had been rolled back.
                lasting.setdefault(step.key, step.before is earlier.after)
        return [step for key, step in steps.items() if (lasting[key] if key in lasting else is_stored(step))]

    def steps(self, history: StateHistory) -> Iterator[ChangeStep]:
        """Return the steps of a history that are still kept, oldest first."""
        numbers = (number for numbers in history.ranges for number in numbers)
        return (step for number in numbers if (step := self._steps.get(number)) is not None)

    def between(
        self, before: Any | None, after: Any | None, histories: tuple[StateHistory, StateHistory]
    ) -> list[ChangeStep]:
        """Return the steps from one value to the other, in order; backwards if the first is the later one.

        Where neither history continues the other, the steps of both since they parted.
        """
        entity = before if before is not None else after
        numbers = self._numbers.get((type(entity), entity.id), []) if entity is not None else []
        ways = (self._steps_to(numbers, end, history) for end, history in zip((before, after), histories, strict=True))
        # Steps that both ways share lie before the point where the two states parted, and cancel out.
        return _joined([self._steps[number] for number in sorted(set.symmetric_difference(*ways))])

    def _steps_to(self, numbers: list[int], entity: Any | None, history: StateHistory) -> set[int]:
        """The numbers of the steps of a history that lead to a value of an entity."""
        way = set()
        for number in reversed(numbers):
            step = self._steps[number]
            # By identity: the same value may have been stored twice, and only one of these steps leads here.
            if step.after is entity and number in history:
                way.add(number)
                entity = step.before
        return way

    def _forget(self, number: int) -> None:
        """Forgets the oldest step, which is the oldest of its entity too."""
        key = self._steps.pop(number).key
        del self._numbers[key][0]
        if not self._numbers[key]:
            del self._numbers[key]


def _joined(steps: list[ChangeStep]) -> list[ChangeStep]:
    """Combine adjacent steps of one exchange: a list that is replaced is deleted and created again."""
    joined: list[ChangeStep] = []
    for step in steps:
        if joined and step.exchange is not None and joined[-1].exchange == step.exchange:
            joined[-1] = step._replace(before=joined[-1].before)
        else:
            joined.append(step)
    return joined
