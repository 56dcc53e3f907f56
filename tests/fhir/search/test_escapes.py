"""Values with escaped separators: https://hl7.org/fhir/R4/search.html#escaping"""

from __future__ import annotations

import pytest

from sandbox.fhir.search.escape import split, unescape


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("a,b", ["a", "b"]),
        (",a,", ["", "a", ""]),
        (r"a\,b,c", [r"a\,b", "c"]),
        (r"\,,c", [r"\,", "c"]),
        (r"a\\,b", [r"a\\", "b"]),
        (r"a\|b", [r"a\|b"]),
        (r"a\x,b,c", [r"a\x", "b", "c"]),
        (r"a,b\,", ["a", r"b\,"]),
        ("a,b\\", ["a", "b\\"]),
        (",\\", ["", "\\"]),
        (r"\,a,,b", [r"\,a", "", "b"]),
    ],
)
def test_a_value_is_split_at_separators_that_are_not_escaped(text: str, parts: list[str]):
    assert split(text, ",") == parts


@pytest.mark.parametrize(("text", "plain"), [("a", "a"), (r"\,\$\|\\", ",$|\\"), (r"a\b", r"a\b"), ("\\", "\\")])
def test_only_separators_and_backslashes_are_unescaped(text: str, plain: str):
    assert unescape(text) == plain
