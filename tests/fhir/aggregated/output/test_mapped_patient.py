"""The record as a Patient on Aggregated: only what the record has is there."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sandbox.fhir.aggregated.mapped.patient import to_r4, user_status
from sandbox.model import Contact, Name
from tests.domain.small_world import NOW, patient, world

MAIL = Contact(value="a@b.example", primary=True, confirmed=False)
CONFIRMED = Contact(value="a@b.example", primary=True, confirmed=True)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"name": Name(family="Byrne")}, {"name": [{"family": "Byrne"}]}),
        (
            {"name": Name(family="Byrne", given="Ada", middle="B", title="Dr")},
            {"name": [{"family": "Byrne", "given": ["Ada", "B"], "prefix": ["Dr"]}]},
        ),
        ({"phone": ""}, {"telecom": None}),
        ({"phone": "07"}, {"telecom": [{"system": "phone", "value": "07"}]}),
        ({"date_of_birth": None}, {"birthDate": None}),
        ({"date_of_birth": date(1980, 2, 3)}, {"birthDate": "1980-02-03"}),
        ({}, {"deceasedDateTime": None, "deceasedBoolean": None}),
        ({"deceased": True}, {"deceasedDateTime": None, "deceasedBoolean": True}),
        ({"deceased": True, "died_at": NOW}, {"deceasedDateTime": "2026-03-01T12:00:00Z", "deceasedBoolean": None}),
        ({"deceased": False, "died_at": NOW}, {"deceasedDateTime": None, "deceasedBoolean": None}),
    ],
)
def test_an_element_is_there_if_the_record_has_it(values: dict[str, Any], expected: dict[str, Any]):
    record = world()
    resource = to_r4(record.store, patient(record, **values))
    assert {name: resource.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"deceased": True}, "DEAD"),
        ({"activated": False}, "NEW"),
        ({"registered": True, "contacts": (CONFIRMED,)}, "EMAIL_CONFIRMED"),
        ({"registered": True, "contacts": (MAIL,)}, "ACTIVE"),
        ({"registered": True}, "ACTIVE"),
        ({"contacts": (CONFIRMED,)}, "INACTIVE"),
        ({"contacts": (MAIL, CONFIRMED)}, "INACTIVE"),
        ({"contacts": (MAIL,)}, "INVITED"),
        ({}, "NOCONTACT"),
    ],
)
def test_the_status_of_a_user_follows_from_the_record(values: dict[str, Any], status: str):
    assert user_status(patient(world(), **{"activated": True, **values})) == status
