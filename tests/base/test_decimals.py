"""Decimal numbers in requests: as they were sent, with at most 15 digits before and behind the point."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sandbox.base.decimals import parse_decimal

NINES = "9" * 15
READ = ["0", "-4.10", "1E+2", "1e14", "1E-15", "0E-15", NINES, f"-{NINES}.{NINES}"]
REFUSED = ["", "x", "1,5", "NaN", "sNaN", "Infinity", "1e15", "1E-16", f"{NINES}9", f"0.{NINES}9", "1E+999999", "0E+15"]


@pytest.mark.parametrize("text", READ)
def test_a_number_keeps_the_digits_that_were_sent(text: str):
    assert str(parse_decimal(text)) == str(Decimal(text))


@pytest.mark.parametrize("text", REFUSED)
def test_any_other_text_is_no_number(text: str):
    assert parse_decimal(text) is None
