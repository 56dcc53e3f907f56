"""Decimal numbers in requests."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from sandbox import facts

DIGITS: int = facts.value("rest.text-length")[1]
"""Digits before the point, and behind it."""


def parse_decimal(text: str) -> Decimal | None:
    """Return the number that a text is; None for any other text, and beyond `DIGITS` before or behind the point.

    The limit is for security: 1E+999999 is short, and long when it is written out.
    """
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite():
        return None
    exponent = int(number.as_tuple().exponent)
    return number if number.adjusted() < DIGITS and exponent >= -DIGITS else None
