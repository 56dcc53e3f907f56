"""The evidence for judgements about a step, and their results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.base.readable import first_of_many
from sandbox.conformance.arrivals import ArrivedExchange, meets
from sandbox.conformance.cast import Cast
from sandbox.facts import ledger
from sandbox.worlds.workspace import Workspace

MOST_NAMED = 20
"""Exchanges that a judgement names at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The exchanges of a step, oldest first, the ids of its fault rules, and the world with its record."""

    workspace: Workspace
    cast: Cast
    arrivals: tuple[ArrivedExchange, ...]
    faults: frozenset[str]

    def matching(self, conditions: Mapping[str, Any]) -> list[ArrivedExchange]:
        return [arrival for arrival in self.arrivals if meets(arrival.exchange, conditions, self.faults)]

    @property
    def staged(self) -> ArrivedExchange | None:
        """The first exchange that a fault rule of the step changed."""
        return next(iter(self.matching({"fault": True})), None)

    def later(self, first: ArrivedExchange, conditions: Mapping[str, Any]) -> list[ArrivedExchange]:
        """The exchanges after one of them that match."""
        return [arrival for arrival in self.matching(conditions) if arrival.at > first.at]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One judgement: its rule, the expected and the actual behaviour, and the exchanges that show it."""

    rule: str
    passed: bool
    expected: str
    actual: str
    exchanges: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        fact = ledger()[self.rule]
        return {
            "rule": self.rule,
            "text": fact.text,
            "passed": self.passed,
            "expected": self.expected,
            "actual": self.actual,
            "exchanges": list(self.exchanges),
            "standing": fact.standing,
            "source": fact.source,
        }


def judged(
    rule: str, expected: str, actual: str, arrivals: Iterable[ArrivedExchange] = (), *, passed: bool
) -> Judgement:
    ids = tuple(arrival.exchange.id for arrival in arrivals)[:MOST_NAMED]
    return Judgement(rule=rule, passed=passed, expected=expected, actual=actual, exchanges=ids)


def listed(arrivals: Iterable[ArrivedExchange]) -> str:
    """Name exchanges in a sentence."""
    return first_of_many([arrival.text for arrival in arrivals], MOST_NAMED) or "nothing"
