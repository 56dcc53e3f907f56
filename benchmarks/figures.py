"""A figure of the table: a ratio of two measurements of one run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """`ratio` says how the sandbox compares with `against`, which is 1; `detail` is what was measured, for both.

    `goal` is the least that the ratio shall be, or with `at_most` the most; None where there is none.
    """

    part: str
    name: str
    ratio: float
    against: str
    goal: float | None = None
    at_most: bool = False
    detail: str = ""

    @property
    def is_good(self) -> bool:
        if self.goal is None:
            return True
        return self.ratio <= self.goal if self.at_most else self.ratio >= self.goal

    @property
    def goal_text(self) -> str:
        if self.goal is None:
            return ""
        return f"{'≤' if self.at_most else '≥'} {self.goal:g}"


@dataclass(frozen=True, slots=True)
class Run:
    """How much is measured: `seconds` of each load, the best of `rounds`. `peers` is the folder of the peers' packages.

    `skipped` collects what cannot be measured here, and why.
    """

    seconds: int = 4
    rounds: int = 3
    quick: bool = False
    peers: Path | None = None
    skipped: list[str] = field(default_factory=list)


Part = Callable[[Run], Iterable[Figure]]
"""Measures some figures."""
