"""The parameters of provider states exactly at their limits, and one beyond them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sandbox.pact.parameters import LONGEST_TEXT, TYPES, BadStateParameter


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("text", "x" * LONGEST_TEXT, "x" * LONGEST_TEXT), ("text", 5, "5"), ("text", 1.5, "1.5"),
        ("text", "e\u0301", "\u00e9"), ("whole", "9" * 9, 999_999_999), ("whole", 7, 7), ("whole", "0", 0),
        ("decimal", "1e14", Decimal("1e14")), ("decimal", "1e-15", Decimal("1e-15")), ("decimal", 1.5, Decimal("1.5")),
        ("duration", "P1D", "P1D"),
    ],
)  # fmt: skip
def test_a_parameter_at_its_limit_is_read(type_: str, value: Any, expected: Any):
    assert TYPES[type_](value) == expected


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("text", "x" * (LONGEST_TEXT + 1)), ("text", ""), ("text", " "), ("text", True), ("text", None),
        ("text", "a\nb"), ("text", ["a"]), ("whole", "9" * 10), ("whole", -1), ("whole", "1.0"), ("whole", True),
        ("decimal", "1e15"), ("decimal", "1e-16"), ("decimal", "1." + "0" * 16),
        ("decimal", "NaN"), ("decimal", "Infinity"), ("decimal", "x"),
        ("day", "2026-02-30"), ("day", "x"), ("instant", "x"), ("duration", "x"), ("duration", "P99999Y"),
        ("labels", []), ("labels", ["SECRET"]), ("labels", ""),
    ],
)  # fmt: skip
def test_a_parameter_beyond_its_limit_is_refused(type_: str, value: Any):
    with pytest.raises(BadStateParameter):
        TYPES[type_](value)
