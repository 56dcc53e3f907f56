"""Test that the HL7 reader takes every gender that generated messages send."""

import pytest

from sandbox.hl7.pid import gender_of
from sandbox.synthetic.hl7_messages import SEXES


@pytest.mark.parametrize(("gender", "letter"), SEXES.items())
def test_a_generated_letter_is_read_as_its_gender(gender: str, letter: str) -> None:
    assert gender_of(letter) == gender
