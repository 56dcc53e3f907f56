"""The contract as a whole: how many exchanges were refused, and by which rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sandbox.control.verify.judging import Failure, counted, named
from sandbox.errors import Invalid
from sandbox.facts import ledger
from sandbox.worlds.exchange import Exchange

LEVELS = ("refused", "advice", "choice", "inferred")
"""Levels to fail on; each includes the levels before it."""
SubjectOf = Callable[[Exchange, frozenset[str]], str]
"""Return the rule or operation of an exchange at a level, given the allowed rules; empty if there is none."""
OWN_RULES = "sandbox."
"""Prefix of rule ids outside the ledger: errors without a fact behind them."""


def report(exchanges: Sequence[Exchange]) -> dict[str, Any]:
    outcomes = [exchange.outcome for exchange in exchanges]
    counts = {outcome: outcomes.count(outcome) for outcome in ("accepted", "refused", "failed")}
    return {"summary": {"exchanges": len(outcomes), **counts}}


def read_levels(payload: Any) -> tuple[str, ...]:
    """The levels to fail on, with those that they include. Raises Invalid."""
    if not isinstance(payload, list) or not all(isinstance(level, str) and level in LEVELS for level in payload):
        raise Invalid(f"fail_on must be a list of: {', '.join(LEVELS)}")
    return LEVELS[: max((LEVELS.index(level) + 1 for level in payload), default=0)]


def read_allowed(payload: Any) -> frozenset[str]:
    """The ids of the rules that may refuse. Raises Invalid for an unknown one."""
    if not isinstance(payload, list):
        raise Invalid("allow must be a list of rule ids, or of objects with rule and reason")
    return frozenset(_allowed(row, number) for number, row in enumerate(payload))


def _allowed(row: Any, number: int) -> str:
    if isinstance(row, dict):
        reason = row.get("reason")
        if set(row) != {"rule", "reason"} or not isinstance(reason, str) or not reason.strip():
            raise Invalid(f"allow[{number}] must have a rule and a reason, both text")
        row = row["rule"]
    if not isinstance(row, str) or not (row in ledger() or row.startswith(OWN_RULES)):
        raise Invalid(f"allow[{number}]: {str(row)[:80]!r} is not the id of a rule; GET /_sandbox/facts lists them")
    return row


def failures(exchanges: Sequence[Exchange], levels: Sequence[str], allowed: frozenset[str]) -> Iterator[Failure]:
    """A failure for each level and rule, or operation. What a fault made of an exchange is left out."""
    own = [exchange for exchange in exchanges if not exchange.fault]
    for level in levels:
        groups: dict[str, list[Exchange]] = {}
        for exchange in own:
            if subject := SUBJECTS[level](exchange, allowed):
                groups.setdefault(subject, []).append(exchange)
        for subject, group in groups.items():
            text = (
                f"{counted(group)} {WORDING[level].format(subject=subject, reason=_reason(group[-1]))}{named(group)}."
            )
            yield Failure(text=text, expected={"fail_on": level}, nearest=[exchange.id for exchange in group])


def _refusing_rule(exchange: Exchange, allowed: frozenset[str]) -> str:
    """The rule that refused an exchange; empty for an accepted exchange or an allowed rule."""
    rule = (exchange.explanation or {}).get("id") or exchange.outcome
    return "" if exchange.outcome == "accepted" or rule in allowed else rule


def _advising_rules(exchange: Exchange, allowed: frozenset[str]) -> str:
    """The rules by which something of an accepted exchange was ignored, cut, held or skipped, without those allowed."""
    rules = (exchange.explanation or {}).get("id", "").split("\n")
    return ", ".join(rule for rule in rules if exchange.outcome == "accepted" and rule not in allowed)


def _resting_on(standing: str) -> SubjectOf:
    def operation(exchange: Exchange, _: frozenset[str]) -> str:
        return exchange.operation or exchange.api if exchange.standing == standing else ""

    return operation


def _reason(exchange: Exchange) -> str:
    """The first line of the explanation."""
    return (exchange.explanation or {}).get("expected", "").partition("\n")[0][:200] or "no reason is known"


SUBJECTS: Mapping[str, SubjectOf] = {
    "refused": _refusing_rule,
    "advice": _advising_rules,
    "choice": _resting_on("choice"),
    "inferred": _resting_on("inferred"),
}
WORDING: Mapping[str, str] = {
    "refused": "refused by rule {subject}: {reason}",
    "advice": "accepted, with advice by rule {subject}: {reason}",
    "choice": "answered by a choice of the sandbox, because PKB is silent: {subject}",
    "inferred": "answered by inferred behaviour of PKB: {subject}",
}
"""Level → what a failure says of its exchanges, in front of their ids."""
