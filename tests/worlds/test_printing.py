"""How a difference of two states prints long texts: on one line, up to a length."""

from __future__ import annotations

import pytest

from sandbox.worlds.difference.printing import shortened_line


@pytest.mark.parametrize("length", [1, 119, 120, 121, 500])
def test_a_text_of_a_hundred_and_twenty_characters_is_whole(length: int):
    assert shortened_line("x" * length) == "x" * min(length, 120) + ("…" if length > 120 else "")


def test_white_space_is_one_blank_before_the_text_is_measured():
    assert shortened_line("a\r\n  b\t c") == "a b c"
    assert shortened_line("x   " * 60) == " ".join("x" * 60)
