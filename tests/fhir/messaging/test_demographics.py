"""A Patient of Messaging as PKB's demographics, element by element, without a server."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from sandbox.base.clock import HOME, LocalDay
from sandbox.errors import Unprocessable
from sandbox.fhir.messaging.patient import (
    NHS_NUMBER,
    TEAM_ALIAS,
    check_complete,
    check_identifiers,
    demographics,
    team_aliases,
    telecom,
)

Json = dict[str, Any]
NHS = {"system": NHS_NUMBER, "value": "9991001379"}
WHOLE: Json = {
    "resourceType": "Patient",
    "identifier": [{"system": "urn:x", "value": "1"}, NHS],
    "name": [{"family": " Ade ", "given": ["Tola", " ", "Ann", "Bo"], "prefix": ["Dr", "Ms"]}, {"family": "Second"}],
    "gender": "other",
    "birthDate": "1980-02-03",
    "address": [{"line": ["1 Road", "Flat 2", "x"], "city": "Leeds", "state": "Yorks", "postalCode": "LS1",
                 "country": "GBR"}],
    "telecom": [{"system": "email", "value": " "}, {"system": "phone", "value": "1"}, {"system": "email", "value": "a"},
                {"system": "email", "value": "b"}, {"system": "phone", "value": "2"}],
}  # fmt: skip


def test_a_patient_has_each_of_its_elements():
    person = demographics(WHOLE)
    (number,) = person.identifiers
    assert (number.value, person.family, person.given, person.middle, person.title) == (
        "9991001379", "Ade", "Tola", "Ann Bo", "Dr",
    )  # fmt: skip
    assert (person.date_of_birth, person.gender) == (date(1980, 2, 3), "INDETERMINATE")
    assert (person.line1, person.line2, person.city, person.state, person.postcode, person.country) == (
        "1 Road", "Flat 2", "Leeds", "Yorks", "LS1", "GBR",
    )  # fmt: skip
    assert (person.phone, person.emails, person.deceased, person.died_at) == ("1", ("a",), None, None)


def test_what_is_not_sent_is_unknown():
    person = demographics({"identifier": [NHS], "name": [{"given": ["Tola"]}], "address": [{"line": ["1 Road"]}]})
    assert (person.family, person.middle, person.title, person.date_of_birth, person.gender) == (None,) * 5
    assert (person.line1, person.line2, person.city, person.phone, person.emails) == ("1 Road", None, None, None, ())
    assert demographics({"identifier": []}).line1 is None


DEATHS: list[tuple[Json, bool | None, datetime | None]] = [
    ({"deceasedBoolean": True}, True, None),
    ({"deceasedBoolean": False}, False, None),
    ({"deceasedDateTime": "2026-01-02T03:04:05Z"}, True, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
    ({"deceasedDateTime": "2026-01-02"}, True, LocalDay.parse("2026-01-02", HOME)),
    ({"deceasedDateTime": " "}, None, None),
]


@pytest.mark.parametrize(("elements", "deceased", "died_at"), DEATHS)
def test_a_death_has_a_time_or_a_day(elements: Json, deceased: bool | None, died_at: datetime | None):
    person = demographics({**WHOLE, **elements})
    assert (person.deceased, person.died_at) == (deceased, died_at)


@pytest.mark.parametrize(
    ("elements", "where"),
    [({"gender": "x"}, "Patient.gender"), ({"birthDate": "1980"}, "Patient.birthDate"),
     ({"deceasedDateTime": "Tx"}, "Patient.deceasedDateTime"), ({"deceasedDateTime": "x"}, "Patient.deceasedDateTime")],
)  # fmt: skip
def test_a_value_that_is_not_valid_is_refused(elements: Json, where: str):
    with pytest.raises(Unprocessable) as refused:
        demographics({**WHOLE, **elements})
    assert refused.value.expressions == (where,)


def test_the_values_of_one_system_come_in_their_order():
    assert telecom(WHOLE, "phone") == ["1", "2"]
    assert telecom(WHOLE, "fax") == telecom({}, "phone") == []


def test_a_team_is_named_once():
    aliases = [{"url": TEAM_ALIAS, "valueString": name} for name in ("A", " A ", "", "B")]
    assert team_aliases({"extension": [{"url": "u", "valueString": "C"}, *aliases, {"url": TEAM_ALIAS}]}) == ("A", "B")
    assert team_aliases({}) == ()


IDENTIFIERS: dict[str, tuple[list[Json], tuple[str, ...]]] = {
    "none": ([], ("Patient.identifier",)),
    "another system": ([{"system": "urn:x", "value": "1"}], ("Patient.identifier",)),
    "no system": ([NHS, {"value": "1"}], ("Patient.identifier[1].system",)),
    "an empty value": ([{**NHS, "value": " "}], ("Patient.identifier[0].value",)),
    "neither": ([NHS, {}], ("Patient.identifier[1].system", "Patient.identifier[1].value")),
    "an invalid number": ([{"system": "urn:x", "value": "1"}, {**NHS, "value": "1"}], ("Patient.identifier[1].value",)),
}


@pytest.mark.parametrize("name", IDENTIFIERS)
def test_identifiers_are_complete_and_one_is_an_nhs_number(name: str):
    identifiers, where = IDENTIFIERS[name]
    with pytest.raises(Unprocessable) as refused:
        check_identifiers({"identifier": identifiers})
    assert refused.value.expressions == where
    check_identifiers(WHOLE)


@pytest.mark.parametrize(
    ("changes", "where"),
    [({"name": []}, ("Patient.name.given", "Patient.name.family")), ({"gender": ""}, ("Patient.gender",)),
     ({"birthDate": None}, ("Patient.birthDate",)),
     ({"name": [{"family": "x", "given": [" "]}]}, ("Patient.name.given",)),
     ({"name": [{"given": ["x"]}]}, ("Patient.name.family",))],
)  # fmt: skip
def test_a_new_patient_has_names_a_gender_and_a_date_of_birth(changes: Json, where: tuple[str, ...]):
    with pytest.raises(Unprocessable) as refused:
        check_complete({**WHOLE, **changes})
    assert refused.value.expressions == where
    check_complete(WHOLE)
