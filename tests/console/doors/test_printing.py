"""Print JSON and messages: nothing is lost, and a mark stands at its path alone."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sandbox.console.doors.hl7_text import Hl7Text
from sandbox.console.doors.places import located
from sandbox.console.doors.printing import LONGEST, hl7_tokens, json_tokens

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=20)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
MESSAGE = "MSH|^~\\&|PAS|NORTHMOOR|HL7API|PKB|20260310101702||ADT^A28|1|P|2.4\rPID|||1^^^NHS~2^^^MR||Same^Same\r"


@given(JSON)
def test_the_tokens_of_json_are_that_json(value: Any):
    assert json.loads("".join(token.text for token in json_tokens(value, {}))) == value


@given(JSON)
def test_a_mark_is_at_its_path_and_nowhere_else(value: Any):
    wrapped = {"same": value, "place": "same", "list": [{"place": "same"}, "same"]}
    tokens = json_tokens(wrapped, {("list", 0, "place"): frozenset({"datum"})})
    (mark,) = [token for token in tokens if token.keys]
    assert mark.text == "same"
    before = "".join(token.text for token in tokens[: tokens.index(mark)])
    assert before.rstrip().endswith('"place": "')
    assert '"list"' in before


def test_a_long_text_is_cut_and_counted():
    (token,) = json_tokens("x" * (LONGEST + 1), {})
    assert token.text.endswith(f'… ({LONGEST + 1} characters)"')


def test_the_tokens_of_a_message_are_its_segments():
    text = Hl7Text.parse(MESSAGE)
    marks = {spot: frozenset({"family"}) for spot in text.at("PID-5.1")}
    tokens = hl7_tokens(text, marks)
    assert "".join(token.text for token in tokens) == MESSAGE.replace("\r", "\n")
    assert [token.text for token in tokens if token.keys] == ["Same"]
    assert "".join(token.text for token in tokens).index("Same") == len("".join(
        token.text for token in tokens[: next(i for i, token in enumerate(tokens) if token.keys)]
    ))  # fmt: skip


def test_an_address_finds_each_repetition_and_component():
    text = Hl7Text.parse(MESSAGE)
    assert [text.text(spot) for spot in text.at("PID-3")] == ["1^^^NHS", "2^^^MR"]
    assert [text.text(spot) for spot in text.at("PID-3.4")] == ["NHS", "MR"]
    assert [text.text(spot) for spot in text.at("MSH-9.2")] == ["A28"]
    assert text.at("MSH-2") == []
    assert text.at("PID-90.1") == []


def test_a_message_has_its_own_delimiters():
    text = Hl7Text.parse("MSH#*~\\&#PAS#N#H#P#20260310101702##ADT*A28#1#P#2.4\rPID###7*8")
    assert [text.text(spot) for spot in text.at("PID-3.2")] == ["8"]


def test_a_place_follows_lists_and_keys():
    resource = {"a": [{"url": "x/one", "v": 1}, {"url": "x/two", "v": 2}, {"v": [3, 4]}]}
    assert [(path, value) for path, value in located(resource, "a.v")] == [
        (("a", 0, "v"), 1), (("a", 1, "v"), 2), (("a", 2, "v", 0), 3), (("a", 2, "v", 1), 4),
    ]  # fmt: skip
    assert [value for _, value in located(resource, "a(two).v")] == [2]
    assert located(resource, "b.c") == []


def test_each_of_a_thousand_results_has_its_address():
    text = Hl7Text.parse(MESSAGE + "\r".join(f"OBX|{n}|NM|C{n}^Name^L||{n}" for n in range(1000)))
    assert [text.text(spot) for spot in text.at("OBX-3.1")] == [f"C{n}" for n in range(1000)]
