"""The parameters of a state: parsed by type, with defaults."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sandbox.base.clock import instant, parse_instant
from sandbox.base.decimals import DIGITS, parse_decimal
from sandbox.base.durations import add_duration
from sandbox.base.whole_numbers import parse_digits
from sandbox.conformance.profile import fill
from sandbox.errors import Invalid
from sandbox.model.organisation import LABELS
from sandbox.pact.state import ProviderState, parameters

LONGEST_TEXT = 1000
SOME_TIME = datetime(2000, 1, 1)
"""A time to which durations are added to see whether they are valid."""


class BadStateParameter(ValueError):
    """Descriptions of the allowed values of a type."""


def parse_parameters(state: ProviderState, params: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """Return the parameters of a state by name, the defaults with `values` in their placeholders.

    A parameter that has neither is left out; null counts as left out. Raises Invalid.
    """
    unknown = sorted(set(params) - set(state.defaults))
    if unknown:
        allowed = ", ".join(state.defaults) or "none"
        raise Invalid(f"params: unknown parameter {unknown[0][:80]!r} of {state.name!r}; allowed: {allowed}")
    named = {name: value for name, value in params.items() if value is not None}
    defaults = {name: text for name, text in state.defaults.items() if text and name not in named}
    return {**parse_defaults(defaults, values), **{name: _parse(name, value) for name, value in named.items()}}


def parse_defaults(defaults: Mapping[str, str], values: Mapping[str, str]) -> dict[str, Any]:
    """Return defaults by the names of their parameters, with `values` in their placeholders."""
    return {name: _parse(name, fill(text, values)) for name, text in defaults.items()}


def _parse(name: str, value: Any) -> Any:
    try:
        return TYPES[parameters()[name].type](value)
    except BadStateParameter as error:
        raise Invalid(f"params.{name} must be {error}") from error


def _text(value: Any) -> str:
    """Parse a text; a number counts as its text, because example values often lose their quotes."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_TEXT or not value.isprintable():
        raise BadStateParameter(f"text of 1 to {LONGEST_TEXT} characters, without control characters")
    return unicodedata.normalize("NFC", value)


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(_text(value))
    except ValueError as error:
        raise BadStateParameter("a date, YYYY-MM-DD") from error


def _instant(value: Any) -> datetime:
    try:
        return parse_instant(_text(value))
    except ValueError as error:
        raise BadStateParameter("an ISO 8601 time such as 2026-07-01T12:00:00Z") from error


def _duration(value: Any) -> str:
    text = _text(value)
    try:
        add_duration(SOME_TIME, text)
    except (ValueError, OverflowError) as error:
        raise BadStateParameter("an ISO 8601 duration such as PT15M or P1DT6H") from error
    return text


def _whole_number(value: Any) -> int:
    number = parse_digits(_text(value))
    if number is None:
        raise BadStateParameter("a whole number of at most 9 digits")
    return number


def _decimal(value: Any) -> Decimal:
    number = parse_decimal(_text(value))
    if number is None:
        raise BadStateParameter(f"a number of at most {DIGITS} digits")
    return number


def _labels(value: Any) -> tuple[str, ...]:
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list) or not names or not all(name in LABELS for name in names):
        raise BadStateParameter(f"a list of: {', '.join(LABELS)}")
    return tuple(label for label in LABELS if label in names)


TYPES: dict[str, Callable[[Any], Any]] = {
    "text": _text,
    "day": _day,
    "instant": _instant,
    "duration": _duration,
    "whole": _whole_number,
    "decimal": _decimal,
    "labels": _labels,
}
"""Type of a parameter → its parser. Raises BadStateParameter."""


def as_json(value: Any) -> Any:
    """Return a value as a state returns it."""
    if isinstance(value, datetime):
        return instant(value)
    return value if isinstance(value, str | int) else str(value)
