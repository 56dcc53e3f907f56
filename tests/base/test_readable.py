"""Values as text for people, and whole numbers in requests."""

from __future__ import annotations

import pytest

from sandbox.base.readable import first_of_many, render_readable, shortened
from sandbox.base.whole_numbers import parse_digits


def test_json_is_indented_by_two_spaces_and_keeps_its_letters():
    assert render_readable({"name": ["Zoë"]}) == '{\n  "name": [\n    "Zoë"\n  ]\n}'


@pytest.mark.parametrize(
    ("text", "short", "with_length"),
    [
        ("", "", ""),
        ("abcd", "abcd", "abcd"),
        ("abcde", "abcde", "abcde"),
        ("abcdef", "abcde…", "abcde… (6 characters)"),
        ("x" * 1234, "xxxxx…", "xxxxx… (1,234 characters)"),
    ],
)
def test_a_text_over_the_limit_is_shortened(text: str, short: str, with_length: str):
    assert shortened(text, 5) == short
    assert shortened(text, 5, has_length=True) == with_length


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a, b"),
        (["a", "b", "c"], "a, b and 1 more"),
        (list("abcd"), "a, b and 2 more"),
    ],
)
def test_names_over_the_limit_are_counted(names: list[str], sentence: str):
    assert first_of_many(names, 2) == sentence


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("007", 7),
        ("999", 999),
        ("1000", None),
        ("", None),
        ("-1", None),
        ("+1", None),
        ("1.0", None),
        (" 1", None),
        ("\u0661", None),
        ("²", None),
        ("x", None),
    ],
)
def test_a_whole_number_has_up_to_so_many_ascii_digits(text: str, number: int | None):
    assert parse_digits(text, 3) == number


def test_a_whole_number_has_nine_digits_unless_told_otherwise():
    assert parse_digits("9" * 9) == 999_999_999
    assert parse_digits("9" * 10) is None
