"""Values in a report without people: codes and structure stay."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.replay.compare.values import _instant
from sandbox.replay.redaction import shape_of


@pytest.mark.parametrize(
    ("value", "where", "shape"),
    [
        ("Tola Adeyemi", "Patient.name[0].text", "<text of 12 characters>"),
        ("1988-02-14", "Patient.birthDate", "<date>"),
        ("2026-12-03T09:30:00Z", "Appointment.start", "<time>"),
        ("9991001379", "PID-3.1", "<digits>"),
        ("19880214", "PID-7", "<digits>"),
        ("booked", "Appointment.status", "booked"),
        ("Ms Adeyemi", "Appointment.status", "<text of 10 characters>"),
        ("AR", "MSA-1", "AR"),
        ("http://snomed.info/sct", "Condition.code.coding[0].system", "http://snomed.info/sct"),
        ("", "Patient.name[0].text", ""),
        (True, "Patient.active", True),
        (None, "Patient.deceased", None),
        (72.5, "Observation.valueQuantity.value", "<number>"),
        (7, "id", "<number>"),
        (
            {"resourceType": "Patient", "name": [{"family": "Adeyemi"}]},
            "",
            {"resourceType": "Patient", "name": [{"family": "<text of 7 characters>"}]},
        ),
    ],
)
def test_a_value_keeps_its_shape_and_loses_the_person(value: Any, where: str, shape: Any):
    assert shape_of(value, where) == shape


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("20261127093000+0000", "2026-11-27T09:30:00+00:00"),
        ("20261127093000.5-0130", "2026-11-27T09:30:00-01:30"),
        ("202611270930", "2026-11-27T09:30:00+00:00"),
        ("2026-11-27T09:30:00Z", "2026-11-27T09:30:00+00:00"),
        ("2026-11-27", "2026-11-27T00:00:00+00:00"),
        ("20261399093000", None),
        ("2026-99-99", None),
        ("12345", None),
    ],
)
def test_a_time_is_read_in_the_forms_of_both_worlds(text: str, instant: str | None):
    at = _instant(text)
    assert (at.isoformat() if at else None) == instant
