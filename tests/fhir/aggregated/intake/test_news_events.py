"""Which notification a Customer's resource causes: an Observation by its category, any other type by its type."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.fhir.aggregated.intake.news import LABORATORY, _event

RULE = {"event": "measurement"}


def observation(*codes: str) -> dict[str, Any]:
    return {"resourceType": "Observation", "category": [{"coding": [{"code": code}]} for code in codes]}


@pytest.mark.parametrize(
    ("resource", "event"),
    [
        (observation(LABORATORY), "result"),
        (observation("vital-signs"), "measurement"),
        (observation("vital-signs", LABORATORY), "result"),
        (observation(), "measurement"),
        ({"resourceType": "Observation"}, "measurement"),
        ({"resourceType": "Observation", "category": [{"text": LABORATORY}]}, "measurement"),
        ({**observation(LABORATORY), "resourceType": "Condition"}, "measurement"),
    ],
)
def test_a_laboratory_observation_is_a_result(resource: dict[str, Any], event: str):
    assert _event(RULE, resource) == event
