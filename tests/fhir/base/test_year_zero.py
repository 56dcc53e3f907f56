"""The year 0000 is no date of FHIR R4, nor of XML Schema, to which STU3 refers: refused in resources and searches."""

from __future__ import annotations

import pytest

from sandbox.fhir.base.primitives import problem_with
from tests.support import Client

VALUES = {"date": ["0000", "0000-01", "0000-02-29"], "dateTime": ["0000", "0000-01-01T00:00:00Z"]}
VALUES["instant"] = ["0000-01-01T00:00:00Z"]
ROWS = [(type_, value) for type_, values in VALUES.items() for value in values]


@pytest.mark.parametrize(("type_", "value"), ROWS)
def test_the_year_zero_is_no_value(type_: str, value: str):
    assert problem_with(type_, value) == f"expected {type_}"
    assert problem_with(type_, value.replace("0000", "0004", 1)) == ""


@pytest.mark.parametrize("endpoint", ["northmoor-stu3", "northmoor-r4"])
@pytest.mark.parametrize("value", VALUES["date"])
def test_it_is_refused_when_it_is_written_and_when_it_is_searched_for(pkb: Client, endpoint: str, value: str):
    base, headers = f"/customer/{endpoint}/fhir/Patient", {"Authorization": f"Bearer {pkb.token('northmoor-fhir')}"}
    written = pkb.http.post(base, json={"resourceType": "Patient", "birthDate": value}, headers=headers)
    assert (written.status_code, "birthDate" in written.text) == (422, True)
    assert pkb.http.get(base, params={"birthdate": value}, headers=headers).status_code == 400
