"""Whole numbers in requests."""

from __future__ import annotations


def parse_digits(text: str, most: int = 9) -> int | None:
    """Return the number that a text of up to `most` ASCII digits is; None for any other text.

    The limit is for security: Python needs long for numbers of thousands of digits, and refuses longer ones.
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= most else None
