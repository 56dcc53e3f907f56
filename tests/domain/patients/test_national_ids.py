"""National numbers: valid ones of every kind, one form for each spelling, and no wrong digit unseen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.patients.national_ids import CHECKS, national_id_types, normalised, problem
from tests.domain.patients.national_numbers import INVALID, SAMPLES, VALID, WITHOUT_CHECK_DIGIT, spellings

TYPES = sorted(national_id_types())
CHECKED = [type_ for type_ in TYPES if type_ not in WITHOUT_CHECK_DIGIT]


def test_every_type_has_its_strategy_and_samples():
    assert sorted(VALID) == sorted(SAMPLES) == sorted(INVALID) == TYPES
    assert {type_.check for type_ in national_id_types().values() if type_.check} == set(CHECKS)


@pytest.mark.parametrize("type_", TYPES)
@given(st.data())
def test_a_number_made_by_the_rule_is_valid_in_every_spelling(type_: str, data: st.DataObject):
    number = data.draw(VALID[type_])
    assert problem(type_, number) == ""
    assert [normalised(type_, spelling) for spelling in (number, *spellings(number))] == [number] * 4


@pytest.mark.parametrize("type_", CHECKED)
@given(st.data())
def test_one_changed_digit_is_not_valid(type_: str, data: st.DataObject):
    number = data.draw(VALID[type_])
    place = data.draw(st.sampled_from([place for place, character in enumerate(number) if character.isdigit()]))
    wrong = data.draw(st.sampled_from("0123456789").filter(lambda digit: digit != number[place]))
    assert problem(type_, number[:place] + wrong + number[place + 1 :])


@pytest.mark.parametrize(("type_", "number"), [(type_, number) for type_, bad in INVALID.items() for number in bad])
def test_another_number_is_not_valid(type_: str, number: str):
    assert problem(type_, number) in (f"it must have {national_id_types()[type_].form}", "its check digit is wrong")


@pytest.mark.parametrize("number", ["9434765919", "9434765870", "9998120012", "9999999999", "4000000004"])
def test_numbers_of_the_test_ranges_are_nhs_numbers(number: str):
    assert problem("NHS", number) == ""


@pytest.mark.parametrize(
    ("type_", "number"), [("SIN", "046454286"), ("HKID", "A1234563"), ("HKID", "AB9876543"), ("KVNR", "A123456780")]
)
def test_the_published_examples_are_valid(type_: str, number: str):
    assert problem(type_, number) == ""


def test_letters_are_upper_case_and_a_short_bsn_gets_its_zero():
    assert normalised("KVNR", "a123456780") == "A123456780"
    assert normalised("HKID", "a123456(3)") == "A1234563"
    assert normalised("BSN", "12345672") == "012345672"


@given(st.text())
def test_any_text_is_refused_or_a_number(text: str):
    for type_ in TYPES:
        number = normalised(type_, text)
        assert problem(type_, number) or number.isascii()


@given(st.text())
def test_a_local_number_stays_as_it_is(text: str):
    assert normalised("00b6e67a-7a2a-4c2b-8180-60a7da1de808", text) == text
