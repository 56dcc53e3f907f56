"""The findings of a report: refusals by rule, and advice by rule, each with its exchanges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.contract.advice import SEQUENCE, SINGLE
from sandbox.contract.observed import ObservedExchange
from sandbox.contract.rules import ContractRule, contract_rule_of
from sandbox.worlds.exchange import Exchange

MOST_IDS = 100
"""Maximum number of exchanges that a finding names; `count` is their whole number."""
SEVERITIES = ("refused", "advice")
FAULTS = "faults."
"""Beginning of the rules of faults, which a test asked for."""


@dataclass(slots=True)
class Finding:
    """A rule that exchanges broke. `exchanges` are ids, the oldest first, cut to the first 100.

    `cells` are the cells of the access matrix that decided about these exchanges.
    """

    rule: ContractRule
    severity: str
    count: int = 0
    exchanges: list[str] = field(default_factory=list)
    cells: set[str] = field(default_factory=set)

    def add(self, exchange: Exchange) -> None:
        self.count += 1
        self.cells.update(cells_of(exchange))
        if len(self.exchanges) < MOST_IDS:
            self.exchanges.append(exchange.id)

    def as_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule.id,
            "severity": self.severity,
            "text": self.rule.text,
            "instead": self.rule.instead,
            "standing": self.rule.standing,
            "source": self.rule.source,
            "count": self.count,
            "exchanges": self.exchanges,
            "cells": sorted(self.cells),
        }


def cells_of(exchange: Exchange) -> list[str]:
    """The cells of the access matrix that decided about an exchange; none if it was refused before."""
    return [cell for cell in exchange.cell.split(", ") if cell]


def find(exchanges: Sequence[Exchange], labelled: frozenset[str]) -> list[Finding]:
    """Return the findings, refusals first, then the most frequent. Answers that a fault rule made are left out."""
    findings: dict[tuple[str, str], Finding] = {}
    for exchange, severity, rule in _broken(exchanges, labelled):
        key = (severity, rule)
        if key not in findings:
            findings[key] = Finding(contract_rule_of(rule, exchange.explanation or {}), severity)
        findings[key].add(exchange)
    return sorted(findings.values(), key=lambda f: (SEVERITIES.index(f.severity), -f.count, f.rule.id))


def _broken(exchanges: Iterable[Exchange], labelled: frozenset[str]) -> Iterator[tuple[Exchange, str, str]]:
    sequence = {rule: make() for rule, make in SEQUENCE.items()}
    for exchange in exchanges:
        observed = ObservedExchange(exchange, labelled)
        yield from ((exchange, *row) for row in _explained(exchange))
        yield from ((exchange, "advice", rule) for rule, is_broken in SINGLE.items() if is_broken(observed))
        yield from ((exchange, "advice", rule) for rule, state in sequence.items() if state.observe(observed))
    for rule, state in sequence.items():
        yield from ((exchange, "advice", rule) for exchange in state.conclude())


def _explained(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """Yield severity and rule of each line of an explanation."""
    rules = (exchange.explanation or {}).get("id", "").split("\n")
    if exchange.outcome == "accepted":
        yield from (("advice", rule) for rule in rules if rule and not rule.startswith(FAULTS))
    elif not exchange.fault:
        yield "refused", rules[0] or f"sandbox.{exchange.outcome}"
