"""Which texts of a message, and which values of a door, are a value of the model."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.console.doors.hl7_text import Hl7Text
from sandbox.console.doors.hl7_values import is_value, says
from sandbox.console.doors.places import contains, is_said, texts
from sandbox.console.doors.printing import LONGEST, WIDTH, hl7_tokens, json_tokens

AT = datetime(2026, 3, 10, 9, 5, tzinfo=UTC)
SUMMER = datetime(2026, 7, 10, 9, 5, 7, tzinfo=UTC)
DELAYED = SimpleNamespace(at=AT)

WHOLE: dict[str, tuple[str, Any, Any, list[str], bool]] = {
    "the text itself": ("Elm", "Elm", None, [], True),
    "another text": ("Elm", "Oak", None, [], False),
    "what senders call it": ("E1", "Oak", None, ["E1"], True),
    "nothing, which nobody is called": ("", "Oak", None, [""], False),
    "a flag that is set": ("Y", True, None, [], True),
    "a registered patient": ("REGISTERED", True, None, [], True),
    "a flag of the other kind": ("N", True, None, [], False),
    "a flag that is not set": ("N", False, None, [], True),
    "a minute": ("202603100905", AT, None, [], True),
    "a second": ("20260310090500", AT, None, [], True),
    "a second with its offset": ("20260310090500+0000", AT, None, [], True),
    "another minute": ("202603100906", AT, None, [], False),
    "a minute in summer is in London's time": ("202607101005", SUMMER, None, [], True),
    "a second of UTC in summer": ("20260710090507", SUMMER, None, [], False),
    "the days of a delay": ("7", AT + timedelta(days=7), DELAYED, [], True),
    "other days than those of a delay": ("8", AT + timedelta(days=7), DELAYED, [], False),
    "no delay": ("0", AT, DELAYED, [], False),
    "days of what has no time": ("7", AT + timedelta(days=7), None, [], False),
    "no text for a time": ("", AT, None, [], False),
    "a day": ("20260310", date(2026, 3, 10), None, [], True),
    "another day": ("20260311", date(2026, 3, 10), None, [], False),
    "a number": ("1.50", Decimal("1.50"), None, [], True),
    "a number behind a comparator": (">^1.5", Decimal("1.5"), None, [], True),
    "a number with other digits": ("11.5", Decimal("1.5"), None, [], False),
    "bytes as text": ("abc", b"abc", None, [], True),
    "bytes in Base64": ("YWJj", b"abc", None, [], True),
    "other bytes": ("abd", b"abc", None, [], False),
    "a word of the model": ("I", "IN_PATIENT", None, [], True),
    "another word of the model": ("O", "IN_PATIENT", None, [], False),
    "the first part of a media type, in any case": ("TEXT", "text/plain", None, [], True),
    "an event": ("A01", "ADMIT", None, [], True),
    "another event": ("A02", "ADMIT", None, [], False),
    "a type of file": ("PDF", "application/pdf", None, [], True),
    "another type of file": ("PNG", "application/pdf", None, [], False),
    "a person": ("^Cole^Ann^B^^Dr", "Dr Ann B Cole", None, [], True),
    "a person with fewer names": ("^Cole^Ann^^^Dr", "Dr Ann Cole", None, [], False),
}
"""Text, value, entity, what senders call it → whether the text is the value."""


@pytest.mark.parametrize("case", WHOLE)
def test_a_text_is_a_value(case: str):
    text, value, entity, others, expected = WHOLE[case]
    assert is_value(text, value, entity, others) is expected


PARTS: dict[str, tuple[str, Any, list[str], bool]] = {
    "the value among other words": ("left Elm right", "Elm", [], True),
    "a value of one letter is no part": ("xay", "a", [], False),
    "a value of two letters": ("xaby", "ab", [], True),
    "a word of the model of one letter is no part": ("xIy", "IN_PATIENT", [], False),
    "four letters of a longer value": ("abcd", "xabcdx", [], True),
    "three letters of a longer value": ("abc", "xabcx", [], False),
    "what senders call it among other words": ("xE1x", "Oak", ["E1"], True),
    "one letter that senders call it": ("xEx", "Oak", ["E"], False),
    "no text": ("", "Oak", [], False),
    "a part of a number": ("1234", Decimal(12345), [], False),
}


@pytest.mark.parametrize("case", PARTS)
def test_a_text_contains_a_value(case: str):
    text, value, others, expected = PARTS[case]
    assert says(text, value, None, others) is expected


@pytest.mark.parametrize(
    ("door_value", "value", "others", "expected"),
    [
        ("the elm tree", "elm", (), True),
        ("the elm tree", "el", (), False),
        ("below <5", "<", (), False),
        ("<5", "<", (), True),
        ("a7 is its number", "elm", ("a7 is",), True),
        ("nothing of it", "elm", (), False),
    ],
)
def test_a_door_contains_a_value(door_value: str, value: str, others: tuple[str, ...], expected: bool):
    assert contains(door_value, value, others) is expected


def test_the_longest_way_to_write_a_value_is_looked_for_first():
    lengths = [len(text) for text in texts(AT)]
    assert len(set(lengths)) > 1
    assert lengths == sorted(lengths, reverse=True)


@pytest.mark.parametrize(
    ("path", "place", "value", "values", "expected"),
    [
        ("reference_range", "Observation.referenceRange range", "3 to 5", ["3"], True),
        ("reference_range", "Observation.referenceRange range", "3 to 5", ["", "7"], False),
        ("reference_range", "Observation.value", "3 to 5", ["3"], False),
        ("text", "Observation range", "3 to 5", ["3"], False),
    ],
)
def test_a_door_says_a_value_in_its_own_way(path: str, place: str, value: str, values: list[Any], expected: bool):
    assert is_said(path, place, value, values) is expected


@pytest.mark.parametrize(
    ("head", "field", "component", "repetition"),
    [("MSH#*~\\&#", "#", "*", "~"), ("MSH#*!", "#", "*", "!"), ("MSH#", "|", "^", "~"), ("PID#*!", "|", "^", "~")],
)
def test_the_delimiters_are_those_of_the_head(head: str, field: str, component: str, repetition: str):
    text = Hl7Text.parse(head)
    assert (text.field, text.component, text.repetition) == (field, component, repetition)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("MSH-1", []), ("MSH-2", []), ("MSH-3", ["PAS"]), ("MSH-4", ["NORTHMOOR"]), ("MSH-6", []), ("PID-0", []),
        ("PID-1", ["7"]), ("PID-2", []), ("PID-3.2", ["b"]), ("PID-3.3", []), ("PID-3", ["a^b", "c"]), ("ZZZ-1", []),
    ],
)  # fmt: skip
def test_an_address_finds_its_parts(address: str, expected: list[str]):
    text = Hl7Text.parse("MSH|^~\\&|PAS|NORTHMOOR|\rPID|7||a^b~c")
    assert [text.text(spot) for spot in text.at(address)] == expected


@pytest.mark.parametrize(("length", "is_whole"), [(LONGEST - 1, True), (LONGEST, True), (LONGEST + 1, False)])
def test_a_text_up_to_the_limit_is_printed_whole(length: int, is_whole: bool):
    (token,) = json_tokens("x" * length, {})
    assert (token.text == f'"{"x" * length}"') is is_whole
    message = hl7_tokens(Hl7Text.parse("PID|" + "x" * (length - 4)), {})
    assert ("…" not in message[0].text) is is_whole


@pytest.mark.parametrize(("length", "lines"), [(WIDTH, 3), (WIDTH + 1, 5)])
def test_a_list_that_fits_a_line_is_on_one_line(length: int, lines: int):
    # `{"a": ["…"]}`: the list is indented by two blanks.
    value = {"a": ["x" * (length - 2 - len('[""]'))]}
    assert len("".join(token.text for token in json_tokens(value, {})).splitlines()) == lines
