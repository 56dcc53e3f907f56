"""Quantity parameters: a number, and the unit by system and code or by name
(https://hl7.org/fhir/R4/search.html#quantity).

Units are compared, not converted.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from sandbox.fhir.search import number
from sandbox.fhir.search.escape import split, unescape
from sandbox.fhir.search.extracted import NONE, ExtractedValues
from sandbox.fhir.search.lookup import Lookup
from sandbox.fhir.search.number import LEAST, MOST, Compared
from sandbox.fhir.search.reading import ParameterContext

CURRENCY = "urn:iso:std:iso:4217"


class Measured(NamedTuple):
    """A number or a range with its unit: system, code and display name."""

    low: Decimal
    high: Decimal
    system: str
    code: str
    unit: str

    def keys(self) -> Iterable[Hashable]:
        return ()

    def sort_keys(self) -> Iterable[tuple[str, Any]]:
        return ("low", self.low), ("high", self.high)


def reader(datatype: str, release: str) -> Callable[[Any], ExtractedValues]:
    """Return the function that returns the values of an element."""
    return lambda datum: values(datatype, datum, release)


def values(datatype: str, datum: Any, release: str) -> ExtractedValues:
    """Return the quantity of an element; a comparator makes it a range; the code of Money is its currency."""
    if not isinstance(datum, dict):
        return NONE
    if datatype == "Range":
        ends = datum.get("low"), datum.get("high")
        unit = next((end for end in ends if isinstance(end, dict)), {})
        low, high = (number.decimal(end.get("value")) if isinstance(end, dict) else None for end in ends)
        if low is None and high is None:
            return NONE
        return {"": (Measured(LEAST if low is None else low, MOST if high is None else high, *_unit(unit)),)}
    value = number.decimal(datum.get("value"))
    if value is None or datatype == "SampledData":
        return NONE
    comparator = str(datum.get("comparator", ""))
    low = LEAST if comparator.startswith("<") else value
    high = MOST if comparator.startswith(">") else value
    return {"": (Measured(low, high, *_unit(datum)),)}


def _unit(datum: Any) -> tuple[str, str, str]:
    if isinstance(datum.get("currency"), str):
        return CURRENCY, datum["currency"], ""
    system, code, unit = (datum.get(key) for key in ("system", "code", "unit"))
    return tuple(part if isinstance(part, str) else "" for part in (system, code, unit))  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class InUnit:
    """A comparison of numbers, in a unit: by system and code, or by code or name without a system."""

    compared: Compared
    system: str = ""
    unit: str = ""

    def accepts(self, value: Measured) -> bool:
        if self.system and value.system != self.system:
            return False
        # https://hl7.org/fhir/R4/search.html#quantity: without a system, the code or the unit may match.
        names = (value.code,) if self.system else (value.code, value.unit)
        return (not self.unit or self.unit in names) and self.compared.accepts(value)

    def lookups(self) -> Iterable[Lookup]:
        return self.compared.lookups()

    @property
    def is_sufficient(self) -> bool:
        # The index orders numbers, whatever their unit.
        return False


def parse_value(reading: ParameterContext, text: str) -> InUnit:
    """Parse a value. Raises Invalid as a number does, and for more than three parts."""
    parts = split(text, "|")
    if len(parts) > 3:
        raise reading.invalid_value(text)
    system, unit = (unescape(part) for part in [*parts[1:], "", ""][:2])
    return InUnit(number.parse_value(reading, parts[0]), system, unit)


def sort_key(value: Measured) -> Decimal:
    """Return the sort key for `_sort`."""
    return value.low
