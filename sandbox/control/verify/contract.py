"""The contract as a whole: the levels to fail on, the rules that are allowed, and the failures by them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sandbox.control.verify.judging import Failure, counted, names_of
from sandbox.errors import Invalid
from sandbox.facts import ledger
from sandbox.worlds.exchange import Exchange

LEVELS = ("refused", "advice", "choice", "inferred")
"""Levels to fail on; each includes the levels before it."""
Json = dict[str, Any]
Allowed = Mapping[str, str]
"""Ids of rules that do not fail → the reason, which may be empty."""
SubjectOf = Callable[[Exchange, Allowed], str]
"""Return the rule or operation of an exchange at a level, given the allowed rules; empty if there is none."""
OWN_RULES = "sandbox."
"""Prefix of rule ids outside the ledger: errors without a fact behind them."""
OF_CONTRACT = "contract."
"""Prefix of the rules that are broken by traffic, and not by a single request that explains itself."""


def read_levels(payload: Any) -> tuple[str, ...]:
    """Return the levels to fail on: the highest one named, and all below it. Raises Invalid."""
    if not isinstance(payload, list) or not all(isinstance(level, str) and level in LEVELS for level in payload):
        raise Invalid(f"fail_on must be a list of: {', '.join(LEVELS)}")
    return LEVELS[: max((LEVELS.index(level) + 1 for level in payload), default=0)]


def read_allowed(payload: Any) -> Allowed:
    """Read the rules that may refuse, with the reasons. Raises Invalid for an unknown rule."""
    if not isinstance(payload, list):
        raise Invalid("allow must be a list of rule ids, or of objects with rule and reason")
    return dict(_allowed(row, number) for number, row in enumerate(payload))


def _allowed(row: Any, number: int) -> tuple[str, str]:
    reason: Any = ""
    if isinstance(row, dict):
        reason = row.get("reason")
        if set(row) != {"rule", "reason"} or not isinstance(reason, str) or not reason.strip():
            raise Invalid(f"allow[{number}] must have a rule and a reason, both text")
        row = row["rule"]
    if not isinstance(row, str) or not (row in ledger() or row.startswith(OWN_RULES)):
        raise Invalid(f"allow[{number}]: {str(row)[:80]!r} is not the id of a rule; GET /_sandbox/facts lists them")
    return row, reason


def failures(exchanges: Sequence[Exchange], report: Json, levels: Sequence[str], allowed: Allowed) -> Iterator[Failure]:
    """A failure for each level and rule, or operation. What a fault made of an exchange is left out."""
    # The test itself asked for the fault; the client did not break the contract.
    own = [exchange for exchange in exchanges if not exchange.fault]
    for level in levels:
        groups: dict[str, list[Exchange]] = {}
        for exchange in own:
            if subject := SUBJECTS[level](exchange, allowed):
                groups.setdefault(subject, []).append(exchange)
        for subject, group in groups.items():
            wording = WORDING[level].format(subject=subject, reason=_reason(group[-1]))
            text = f"{counted(group)} {wording}{names_of(group)}{_cells_and_pages(level, group)}"
            yield Failure(text=text, expected={"fail_on": level}, nearest=[exchange.id for exchange in group])
        yield from (_of_traffic(row) for row in report["findings"] if _is_of_traffic(row, level, allowed))


def _is_of_traffic(finding: Json, level: str, allowed: Allowed) -> bool:
    rule = finding["rule"]
    return finding["severity"] == level and rule.startswith(OF_CONTRACT) and rule not in allowed


def _of_traffic(finding: Json) -> Failure:
    plural = "" if finding["count"] == 1 else "s"
    text = f"{finding['count']} exchange{plural} with advice by rule {finding['rule']}: {finding['text']}"
    text += _basis_text(finding["cells"], [finding["source"]])
    return Failure(text=text, expected={"fail_on": finding["severity"]}, nearest=finding["exchanges"])


def _cells_and_pages(level: str, group: Sequence[Exchange]) -> str:
    """The end of a failure: for a refusal or advice the cells that decided, and the pages of the rules."""
    if level not in ("refused", "advice"):
        return "."
    cells = {cell for exchange in group for cell in exchange.cell.split(", ") if cell}
    pages = [(exchange.explanation or {}).get("source", "") for exchange in group]
    return _basis_text(sorted(cells), [line for page in pages for line in page.split("\n") if line])


def _basis_text(cells: Sequence[str], pages: Sequence[str]) -> str:
    """The cells of the matrix and the sources, each once; the address stands last, without a full stop after it."""
    cell = f"; cell {', '.join(cells)}" if cells else ""
    return f"{cell}; source {', '.join(dict.fromkeys(pages)) or 'PKB is silent'}"


def _refusing_rule(exchange: Exchange, allowed: Allowed) -> str:
    """The rule that refused an exchange; empty for an accepted exchange or an allowed rule."""
    rule = (exchange.explanation or {}).get("id") or exchange.outcome
    return "" if exchange.outcome == "accepted" or rule in allowed else rule


def _advising_rules(exchange: Exchange, allowed: Allowed) -> str:
    """The rules by which something of an accepted exchange was ignored, cut, held or skipped, without those allowed."""
    rules = (exchange.explanation or {}).get("id", "").split("\n")
    return ", ".join(rule for rule in rules if exchange.outcome == "accepted" and rule not in allowed)


def _resting_on(standing: str) -> SubjectOf:
    def operation(exchange: Exchange, _: Allowed) -> str:
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
"""Level → the words of a failure before the ids of its exchanges."""
