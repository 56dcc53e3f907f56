"""The steps of the change log that led to a state of a world, as ranges of their rising numbers.

A world that goes back to a checkpoint goes on from the history of that checkpoint, so histories form a tree.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StateHistory:
    """The number of the beginning, and the numbers of the steps since."""

    origin: int
    ranges: tuple[range, ...] = ()

    def __contains__(self, number: int) -> bool:
        return any(number in numbers for numbers in self.ranges)

    def until(self, start: int, end: int) -> StateHistory:
        """The history with the steps from one number to before another."""
        return StateHistory(self.origin, (*self.ranges, range(start, end)) if end > start else self.ranges)

    def differing_steps(self, other: StateHistory) -> list[range] | None:
        """Return the steps that only one of the two histories has; None where they did not begin together."""
        if self.origin != other.origin:
            return None
        ours, theirs = list(self.ranges), list(other.ranges)
        while ours and theirs and ours[0] == theirs[0]:
            del ours[0], theirs[0]
        if ours and theirs and ours[0].start == theirs[0].start:
            end = min(ours[0].stop, theirs[0].stop)
            ours[0], theirs[0] = range(end, ours[0].stop), range(end, theirs[0].stop)
        return [numbers for numbers in (*ours, *theirs) if numbers]
