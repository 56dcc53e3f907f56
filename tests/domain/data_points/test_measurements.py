"""Measurements that are entered and converted, and medications, without a server."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from sandbox.domain.data_points import readings
from sandbox.domain.data_points.entry import content_of, is_active
from sandbox.domain.data_points.measurement_types import built_in, convert, pkb_types
from sandbox.domain.data_points.readings import MeasurementReading
from sandbox.errors import Invalid
from sandbox.model import (
    Code,
    Conversion,
    EnteredAs,
    Measurement,
    Medication,
    Source,
)
from tests.domain.data_points.points import COMMON, LATER, ada, record_of
from tests.domain.small_world import NOW

# --- measurements and medications ---


@pytest.mark.parametrize(
    ("by", "value", "value2", "expected"),
    [
        ({}, "70", None, "70"),
        ({}, "70.005", None, "70.01"),
        ({}, "70.50", None, "70.5"),
        ({"multiply": "14", "multiply2": "1", "divide": "2.2"}, "11", "3", "71.36"),
        ({"multiply": "14", "multiply2": "1"}, "11", None, "154"),
        ({"subtract": "32", "multiply": "5", "divide": "9"}, "100.4", None, "38"),
    ],
)
def test_an_entered_value_is_converted_exactly_and_rounded_once(
    by: dict[str, str], value: str, value2: str | None, expected: str
):
    conversion = Conversion(**{name: Decimal(text) for name, text in by.items()})
    entered = EnteredAs(type="x", value=Decimal(value), value2=None if value2 is None else Decimal(value2))
    assert str(convert(conversion, entered)) == expected


SINGLE = next(row for row in built_in() if not row.is_double and not row.parent)
DOUBLE = next(row for row in built_in() if row.is_double and not row.parent)


@pytest.mark.parametrize(
    ("type_", "values", "text"),
    [
        (SINGLE, {"value": 1}, ""),
        (SINGLE, {"text": "high"}, ""),
        (SINGLE, {}, "needs a value"),
        (SINGLE, {"value": 1, "text": "high"}, "needs a value"),
        (SINGLE, {"value": 1, "value2": 2}, "accepts only one value"),
        (DOUBLE, {"value": 1, "value2": 2}, ""),
        (DOUBLE, {"value": 1}, "needs two values"),
        (DOUBLE, {"text": "high", "value2": 2}, "needs two values"),
        (DOUBLE, {"text": "high"}, ""),
    ],
)
def test_a_measurement_has_as_many_values_as_its_type(type_: Any, values: dict[str, Any], text: str):
    record = record_of()
    numbers: dict[str, Any] = {
        name: Decimal(value) if isinstance(value, int) else value for name, value in values.items()
    }
    reading = MeasurementReading(type=type_, at=NOW, **numbers)
    if text:
        with pytest.raises(Invalid, match=text):
            readings.enter(record, ada(record), Source(), "GENERAL_HEALTH", reading)
    else:
        stored = readings.enter(record, ada(record), Source(), "GENERAL_HEALTH", reading)
        assert (stored.value, stored.value2, stored.type) == (
            numbers.get("value"), numbers.get("value2"), type_.api_ref,
        )  # fmt: skip
        assert (stored.code2 is not None) == ("value2" in values and bool(type_.code2))


def test_a_stored_measurement_has_the_type_of_its_word_code_or_unit():
    types, common = pkb_types(), {"id": "m", **COMMON, "at": NOW}
    by_word = Measurement(type=DOUBLE.api_ref, code=Code(code=DOUBLE.code2), **common)
    assert types.of(by_word) == (DOUBLE, True)
    assert types.of(replace(by_word, code=Code(code=DOUBLE.code))) == (DOUBLE, False)
    assert types.of(replace(by_word, type="", code=Code(code=DOUBLE.code2))) == (DOUBLE, True)
    assert types.of(replace(by_word, type="", code=Code(code="none"))) is None
    assert types.of(replace(by_word, type="", code=Code(code=SINGLE.api_ref))) == (SINGLE, False)


@pytest.mark.parametrize(("end_at", "is_current"), [(None, True), (NOW, False), (LATER, True)], ids=str)
def test_a_medication_is_current_until_its_end(end_at: datetime | None, is_current: bool):
    medication = Medication(id="m", substance=Code(), end_at=end_at, **COMMON)
    assert is_active(medication, NOW) is is_current
    assert content_of(medication) == content_of(replace(medication, id="n", entered_at=LATER, persisted_at=LATER))
