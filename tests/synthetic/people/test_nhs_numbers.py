"""NHS numbers for invented people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.errors import Invalid
from sandbox.synthetic.people.nhs_numbers import COUNT, nhs_number


def valid(number: str) -> bool:
    """The check of the NHS data dictionary, digit by digit."""
    total = 0
    for position in range(9):
        total += int(number[position]) * (10 - position)
    check = 11 - total % 11
    return len(number) == 10 and {11: 0}.get(check, check) == int(number[9])


@given(seed=st.integers(min_value=0, max_value=2**64), number=st.integers(min_value=0, max_value=COUNT - 1))
def test_every_number_is_valid_and_of_the_test_range(seed, number):
    number_ = nhs_number(seed, number)
    assert number_.startswith("999")
    assert valid(number_)


@given(seed=st.integers(min_value=0, max_value=2**32), pair=st.sets(st.integers(0, COUNT - 1), min_size=2, max_size=2))
def test_two_people_of_a_world_never_share_a_number(seed, pair):
    first, other = pair
    assert nhs_number(seed, first) != nhs_number(seed, other)


def test_twenty_thousand_numbers_are_all_different():
    assert len({nhs_number(42, number) for number in range(20_000)}) == 20_000


@pytest.mark.parametrize("number", [-1, COUNT])
def test_beyond_the_range_there_are_no_numbers(number):
    with pytest.raises(Invalid, match="900000"):
        nhs_number(1, number)
