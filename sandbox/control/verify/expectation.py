"""An expectation of the journal: which exchanges, and how many of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from sandbox.control.queries import EQUAL, Criteria, word_of
from sandbox.control.verify.conditions import Condition, ConditionReader
from sandbox.control.verify.request_body import RequestBody
from sandbox.errors import Invalid
from sandbox.worlds.exchange import Exchange

COUNTS = ("count", "at_least", "at_most")
KEYS = (*EQUAL, "body", *COUNTS)
MOST_EXPECTATIONS, MOST_CONDITIONS = 100, 20
"""Expectations of a call, and conditions of an expectation."""

BodyOf = Callable[[Exchange], RequestBody]


class ExpectedCount(NamedTuple):
    """The expected number of exchanges, both ends included; `most` is None for any number."""

    least: int
    most: int | None
    text: str

    def allows(self, number: int) -> bool:
        return self.least <= number and (self.most is None or number <= self.most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """`payload` is the expectation as it came."""

    criteria: Criteria
    conditions: Sequence[Condition]
    amount: ExpectedCount
    payload: dict[str, Any]

    def fits(self, exchange: Exchange, body_of: BodyOf) -> bool:
        """Compare an exchange with the filters, then its body with the conditions."""
        if not self.criteria.fits(exchange):
            return False
        body = body_of(exchange)  # it is read when a condition asks for it
        return all(condition.is_met_by(body) for condition in self.conditions)

    @property
    def text(self) -> str:
        """The expectation in words: `1 exchange with api hl7, outcome accepted`."""
        attributes = [f"{name} {value}" for name, value in self.criteria.equal.items()]
        parts = [*attributes, *(condition.text for condition in self.conditions)]
        return f"{self.amount.text} with {', '.join(parts)}" if parts else self.amount.text


def read_all(payload: Any, reader: ConditionReader) -> list[Expectation]:
    """The expectations of a call. Raises Invalid, naming the place."""
    if not isinstance(payload, list) or len(payload) > MOST_EXPECTATIONS:
        raise Invalid(f"expect must be a list of at most {MOST_EXPECTATIONS} objects")
    return [_read(row, f"expect[{number}]", reader) for number, row in enumerate(payload)]


def _read(payload: Any, place: str, reader: ConditionReader) -> Expectation:
    with _errors_at(place):
        if not isinstance(payload, dict):
            raise Invalid("must be an object")
        unknown = next((key for key in payload if key not in KEYS), None)
        if unknown is not None:
            raise Invalid(f"has the unknown key {unknown[:80]!r}; allowed: {', '.join(KEYS)}")
        equal = {name: word_of(name, payload[name]) for name in EQUAL if name in payload}
        amount = _expected_count(payload)
    return Expectation(
        criteria=Criteria(equal=equal),
        conditions=_conditions(payload.get("body", []), f"{place}.body", reader),
        amount=amount,
        payload=payload,
    )


def _conditions(payload: Any, place: str, reader: ConditionReader) -> list[Condition]:
    if not isinstance(payload, list) or len(payload) > MOST_CONDITIONS:
        raise Invalid(f"{place} must be a list of at most {MOST_CONDITIONS} objects")
    conditions = []
    for number, row in enumerate(payload):
        with _errors_at(f"{place}[{number}]"):
            conditions.append(reader.parse_condition(row))
    return conditions


def _expected_count(payload: dict[str, Any]) -> ExpectedCount:
    keys = [key for key in COUNTS if key in payload]
    if len(keys) > 1:
        raise Invalid(f"may have only one of: {', '.join(COUNTS)}")
    key = keys[0] if keys else "at_least"
    number = payload.get(key, 1)
    number = int(number) if isinstance(number, float) and number.is_integer() else number  # 1.0 is whole in JSON
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise Invalid(f"{key} must be a whole number, 0 or more")
    exchanges = f"{number} exchange{'' if number == 1 else 's'}"
    return {
        "count": ExpectedCount(number, number, exchanges),
        "at_least": ExpectedCount(number, None, f"at least {exchanges}"),
        "at_most": ExpectedCount(0, number, f"at most {exchanges}"),
    }[key]


@contextmanager
def _errors_at(place: str) -> Iterator[None]:
    """Prefix an error with its place."""
    try:
        yield
    except Invalid as error:
        raise Invalid(f"{place}: {error.text}") from error
