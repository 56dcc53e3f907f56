"""Compare the journal with expectations; each failure is a sentence with the nearest exchanges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.base.readable import first_of_many
from sandbox.control.verify.expectation import BodyOf, Expectation
from sandbox.worlds.exchange import Exchange

NEAREST = 3
"""Maximum number of exchanges that a failure compares with the expectation."""
MOST_NAMED, MOST_IDS = 5, 100
"""Maximum number of exchanges in the text of a failure, and of ids beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """`expected` is what the caller asked for, `nearest` are ids of exchanges."""

    text: str
    expected: dict[str, Any]
    nearest: Sequence[str] = field(default_factory=tuple)

    def as_json(self) -> dict[str, Any]:
        return {"text": self.text, "expected": self.expected, "nearest": list(self.nearest[:MOST_IDS])}


class Journal:
    """The exchanges of a world at one moment, oldest first, and how many older ones it has dropped."""

    def __init__(self, exchanges: Sequence[Exchange], dropped: int, body_of: BodyOf) -> None:
        self.exchanges = exchanges
        self.dropped = dropped
        self.body_of = body_of

    def positions(self, expectation: Expectation) -> list[int]:
        """The positions of the exchanges that an expectation fits."""
        return [n for n, exchange in enumerate(self.exchanges) if expectation.fits(exchange, self.body_of)]


def failures(journal: Journal, expectations: Sequence[Expectation], *, in_order: bool) -> Iterator[Failure]:
    """Yield the failures; `in_order` requires each expectation's exchanges after those of the expectation before."""
    after, last = -1, 0
    for number, expectation in enumerate(expectations, 1):
        positions = journal.positions(expectation)
        if not expectation.amount.allows(len(positions)):
            yield _wrong_number(journal, expectation, positions)
            continue
        least = expectation.amount.least
        if not in_order or not least:
            continue
        later = [position for position in positions if position > after]
        if len(later) < least:
            yield _too_early(journal, expectation, number, last, after, positions)
        else:
            # The earliest exchanges that suffice, so that the next expectation has the most room.
            after, last = later[least - 1], number


def _wrong_number(journal: Journal, expectation: Expectation, positions: Sequence[int]) -> Failure:
    matched = [journal.exchanges[position] for position in positions]
    text = f"Expected {expectation.text}; {len(matched)} matched{names_of(matched)}."
    if len(matched) >= expectation.amount.least:
        nearest = matched
    else:
        nearest = _nearest(journal, expectation, set(positions))
        text += _differences(journal, expectation, nearest)
    if journal.dropped:
        text += f" The journal has dropped {journal.dropped} older exchange{'' if journal.dropped == 1 else 's'}."
    return Failure(text=text, expected=expectation.payload, nearest=[exchange.id for exchange in nearest])


def _too_early(
    journal: Journal, expectation: Expectation, number: int, last: int, after: int, positions: Sequence[int]
) -> Failure:
    early = [journal.exchanges[position] for position in positions if position <= after]
    text = (
        f"Out of order: expected {expectation.text} (expectation {number}) "
        f"after {_short_id(journal.exchanges[after])}, which met expectation {last}; "
        f"{len(early)} came too early{names_of(early)}."
    )
    return Failure(text=text, expected=expectation.payload, nearest=[exchange.id for exchange in early])


def _nearest(journal: Journal, expectation: Expectation, matched: set[int]) -> list[Exchange]:
    """Return the exchanges that meet most conditions, but not all; of those with equally many, the newest first."""

    def rank(position: int) -> tuple[int, int, int]:
        exchange, equal = journal.exchanges[position], expectation.criteria.equal
        attributes = sum(getattr(exchange, name) == value for name, value in equal.items())
        # The body is read only where all attributes fit: parsing thousands of bodies would take long.
        if attributes < len(equal):
            return attributes, 0, position
        body = journal.body_of(exchange)
        return attributes, sum(condition.is_met_by(body) for condition in expectation.conditions), position

    others = [position for position in range(len(journal.exchanges)) if position not in matched]
    return [journal.exchanges[position] for position in sorted(others, key=rank, reverse=True)[:NEAREST]]


def _differences(journal: Journal, expectation: Expectation, nearest: Sequence[Exchange]) -> str:
    if not nearest:
        return " The journal is empty." if not journal.exchanges else " There is no other exchange."
    rows = [f"{_short_id(exchange)} differs in {_difference(journal, expectation, exchange)}" for exchange in nearest]
    return f" Nearest: {'; '.join(rows)}."


def _difference(journal: Journal, expectation: Expectation, exchange: Exchange) -> str:
    """Every attribute and place of the body in which an exchange is not as expected."""
    parts = [
        f"{name} ({_value_and_reason(exchange, name)})"
        for name, value in expectation.criteria.equal.items()
        if getattr(exchange, name) != value
    ]
    body = journal.body_of(exchange)
    parts += [condition.difference(body) for condition in expectation.conditions if not condition.is_met_by(body)]
    return _listed(parts)


def _value_and_reason(exchange: Exchange, name: str) -> str:
    value = str(getattr(exchange, name)) or "none"
    reason = (exchange.explanation or {}).get("expected", "").partition("\n")[0][:100]
    return f"{value}: {reason}" if name == "outcome" and reason and value != "accepted" else value


def counted(exchanges: Sequence[Exchange]) -> str:
    return f"{len(exchanges)} exchange{'' if len(exchanges) == 1 else 's'}"


def names_of(exchanges: Sequence[Exchange]) -> str:
    """The ids of exchanges in brackets, nothing for none."""
    return f" ({first_of_many([_short_id(exchange) for exchange in exchanges], MOST_NAMED)})" if exchanges else ""


def _listed(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def _short_id(exchange: Exchange) -> str:
    return f"{exchange.id[:8]}…"
