"""Values in requests exactly at their limits, and one beyond them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sandbox.errors import Invalid
from sandbox.rest.objects import DIGITS, EARLIEST, LATEST, TEXT_LIMIT
from sandbox.rest.readers import READERS

GOOD: dict[str, tuple[str, Any, Any]] = {
    "a text of the limit": ("text", "x" * TEXT_LIMIT, "x" * TEXT_LIMIT),
    "no text": ("text", "", ""),
    "an id that is a number": ("any_id", 5010, "5010"),
    "an id that is a number with a point": ("any_id", Decimal("5010.0"), "5010"),
    "an e-mail address": ("email", "a@b.example", "a@b.example"),
    "no e-mail address": ("email", "", ""),
    "a number": ("number", 3, Decimal(3)),
    "a number as text": ("number", "-3.50", Decimal("-3.50")),
    "a number of all digits": ("number", "9" * DIGITS, Decimal("9" * DIGITS)),
    "a number with all digits behind the point": ("number", f"0.{'1' * DIGITS}", Decimal(f"0.{'1' * DIGITS}")),
    "a short exponent": ("number", Decimal("1e3"), Decimal(1000)),
    "a number or a text": ("number_or_text", Decimal("1.50"), "1.50"),
    "true": ("boolean", True, True),
    "the first day": ("date", f"{EARLIEST:04}-01-01", None),
    "the last day": ("date", f"{LATEST - 1:04}-12-31", None),
    "the first second": ("time", f"{EARLIEST:04}-01-01T00:00:00Z", None),
    "the last second": ("time", f"{LATEST - 1:04}-12-31T23:59:59Z", None),
    "milliseconds": ("time", 1_700_000_000_000, None),
    "milliseconds with a point": ("time", Decimal("1700000000000.0"), None),
}
BAD: dict[str, tuple[str, Any]] = {
    "a text over the limit": ("text", "x" * (TEXT_LIMIT + 1)),
    "no text at all": ("text", 5),
    "half a character": ("text", "\ud800"),
    "an id that is true": ("any_id", True),
    "an id with a fraction": ("any_id", Decimal("1.5")),
    "an id that is endless": ("any_id", Decimal("NaN")),
    "two at signs": ("email", "a@b@c"),
    "a number with a digit more": ("number", "9" * (DIGITS + 1)),
    "a number with a digit more behind the point": ("number", f"0.{'1' * (DIGITS + 1)}"),
    "a long exponent": ("number", Decimal(f"1e{DIGITS + 1}")),
    "true for a number": ("number", True),
    "a word for a number": ("number", "x"),
    "a word for a boolean": ("boolean", "true"),
    "a day before the first": ("date", f"{EARLIEST - 1:04}-12-31"),
    "a day after the last": ("date", f"{LATEST:04}-01-01"),
    "a day with a time": ("date", "2026-01-01T00:00:00Z"),
    "a day that does not exist": ("date", "2026-02-30"),
    "a second before the first": ("time", f"{EARLIEST - 1:04}-12-31T23:59:59Z"),
    "a second after the last": ("time", f"{LATEST:04}-01-01T00:00:00Z"),
    "a time without an offset": ("time", "2026-01-01T00:00:00"),
    "a time that is true": ("time", True),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_value_at_its_limit_is_read(name: str):
    type_, value, expected = GOOD[name]
    parsed = READERS[type_](value, "key")
    assert parsed is not None
    if expected is not None:
        assert (parsed, type(parsed)) == (expected, type(expected))


@pytest.mark.parametrize("name", BAD)
def test_a_value_beyond_its_limit_is_refused_with_its_key(name: str):
    type_, value = BAD[name]
    with pytest.raises(Invalid, match=r"^key ") as refusal:
        READERS[type_](value, "key")
    assert (refusal.value.where, refusal.value.rule) == ("key", "rest.body")
