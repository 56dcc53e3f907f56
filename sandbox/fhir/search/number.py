"""Number parameters: equal within the precision of the query (https://hl7.org/fhir/R4/search.html#number).

`eq`, `ne` and `ap` use a range around the value: half of its last digit on both sides, or a tenth of it. The other
prefixes use the exact value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, InvalidOperation
from typing import Any, NamedTuple

from sandbox.fhir.search.escape import unescape
from sandbox.fhir.search.extracted import NONE, ExtractedValues
from sandbox.fhir.search.lookup import Between, Lookup
from sandbox.fhir.search.reading import ParameterContext

_NUMBER = re.compile(r"(?P<digits>[+-]?\d+(?:\.(?P<fraction>\d+))?)(?:[eE](?P<exponent>[+-]?\d{1,3}))?", re.ASCII)
MOST_DIGITS = 100
LEAST, MOST = Decimal("-Infinity"), Decimal("Infinity")


class Amount(NamedTuple):
    """A number, or the range between two."""

    low: Decimal
    high: Decimal

    def keys(self) -> Iterable[Hashable]:
        return ()

    def sort_keys(self) -> Iterable[tuple[str, Any]]:
        return ("low", self.low), ("high", self.high)


def reader(datatype: str, release: str) -> Callable[[Any], ExtractedValues]:
    """Return the function that returns the values of an element."""
    return lambda datum: values(datatype, datum, release)


def values(datatype: str, datum: Any, release: str) -> ExtractedValues:
    """Return the number of an element, or its range."""
    if datatype == "Range" and isinstance(datum, dict):
        low, high = (_value_of(datum.get(end)) for end in ("low", "high"))
        if low is None and high is None:
            return NONE
        return {"": (Amount(LEAST if low is None else low, MOST if high is None else high),)}
    number = decimal(datum)
    return NONE if number is None else {"": (Amount(number, number),)}


def _value_of(quantity: Any) -> Decimal | None:
    return decimal(quantity.get("value")) if isinstance(quantity, dict) else None


def decimal(datum: Any) -> Decimal | None:
    """Return a JSON number as it was written; None for anything else."""
    if isinstance(datum, bool) or not isinstance(datum, (int, float, Decimal)):
        return None
    number = datum if isinstance(datum, Decimal) else Decimal(str(datum))
    return number if number.is_finite() else None


@dataclass(frozen=True, slots=True)
class Compared:
    """A prefix, the value, and its range: from `low` up to but not including `high`."""

    prefix: str
    exact: Decimal
    low: Decimal
    high: Decimal

    def accepts(self, value: Any) -> bool:
        return PREFIXES[self.prefix](self, value)

    def lookups(self) -> Iterable[Lookup]:
        return _LOOKUPS[self.prefix](self)

    @property
    def is_sufficient(self) -> bool:
        # The look-ups include their limits, and test only one end of a range.
        return False


def _inside(query: Compared, value: Any) -> bool:
    return bool(query.low <= value.low and value.high < query.high)


PREFIXES: dict[str, Callable[[Compared, Any], bool]] = {
    "eq": _inside,
    "ne": lambda query, value: not _inside(query, value),
    "gt": lambda query, value: bool(value.high > query.exact),
    "lt": lambda query, value: bool(value.low < query.exact),
    "ge": lambda query, value: bool(value.high >= query.exact),
    "le": lambda query, value: bool(value.low <= query.exact),
    "sa": lambda query, value: bool(value.low > query.exact),
    "eb": lambda query, value: bool(value.high < query.exact),
    "ap": lambda query, value: bool(value.low <= query.high and value.high >= query.low),
}
"""Prefix → the relation of number and range (https://hl7.org/fhir/R4/search.html#prefix)."""

_LOOKUPS: dict[str, Callable[[Compared], tuple[Lookup, ...]]] = {
    "eq": lambda query: (Between("low", query.low, query.high),),
    "ne": lambda query: (),
    "gt": lambda query: (Between("high", query.exact, None),),
    "lt": lambda query: (Between("low", None, query.exact),),
    "ge": lambda query: (Between("high", query.exact, None),),
    "le": lambda query: (Between("low", None, query.exact),),
    "sa": lambda query: (Between("low", query.exact, None),),
    "eb": lambda query: (Between("high", None, query.exact),),
    "ap": lambda query: (Between("high", query.low, None),),
}


def parse_value(reading: ParameterContext, text: str) -> Compared:
    """Parse a value. Raises Invalid for a modifier, an unknown prefix, and an invalid or too long number."""
    reading.check_modifier()
    plain = unescape(text)
    prefix, value = (plain[:2], plain[2:]) if plain[:2].isalpha() else ("eq", plain)
    match = _NUMBER.fullmatch(value)
    if prefix not in PREFIXES or match is None or len(match["digits"]) > MOST_DIGITS:
        raise reading.invalid_value(text)
    exact = Decimal(value)
    low, high = _approximate_range(exact) if prefix == "ap" else _precision_range(match, exact)
    return Compared(prefix, exact, low, high)


# Python's default context would round a number of 100 digits, and with it the half of its last digit.
_EXACT = Context(prec=2 * MOST_DIGITS, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[InvalidOperation])


def _precision_range(match: re.Match[str], exact: Decimal) -> tuple[Decimal, Decimal]:
    """Return half of the last digit on both sides. The specification reads 1e2 as 95 to 105, with one digit more."""
    last = int(match["exponent"] or 0) - len(match["fraction"] or "")
    # So the specification's own example: 1e2 has one significant digit, and means 95 to 105.
    if match["exponent"] and not match["fraction"]:
        last -= 1
    half = Decimal((0, (5,), last - 1))
    return _EXACT.subtract(exact, half), _EXACT.add(exact, half)


def _approximate_range(exact: Decimal) -> tuple[Decimal, Decimal]:
    tenth = _EXACT.divide(exact.copy_abs(), Decimal(10))
    return _EXACT.subtract(exact, tenth), _EXACT.add(exact, tenth)


def sort_key(value: Amount) -> Decimal:
    """Return the sort key for `_sort`."""
    return value.low
