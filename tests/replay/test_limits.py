"""Comparisons of a replay exactly at their tolerances, and one beyond."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.replay.bindings import Bindings
from sandbox.replay.compare import hl7, oauth
from sandbox.replay.compare.difference import LONGEST, Difference
from sandbox.replay.compare.trees import NEARLY, Trees
from sandbox.replay.compare.values import Values

AT = datetime(2026, 3, 10, tzinfo=UTC)


def values() -> Values:
    return Values(bindings=Bindings(), start=AT, end=AT)


@pytest.mark.parametrize(
    ("recorded", "actual", "is_same"),
    [
        (600, 600, True), (600, 600 - NEARLY, True), (600, 600 + NEARLY, True), (600, 601 + NEARLY, False),
        (600, 599 - NEARLY, False), (600, "600", False), ("600", "600", True), ("600", "601", False), (1, 1.0, True),
    ],
)  # fmt: skip
def test_the_rest_of_a_life_may_differ_by_seconds(recorded: Any, actual: Any, is_same: bool):
    assert (list(Trees("oauth", values()).compare(recorded, actual, "x", ("expires_in",))) == []) is is_same


@pytest.mark.parametrize(
    ("recorded", "actual", "places"),
    [
        (True, True, []), (True, False, ["x"]), (True, 1, ["x"]), (0, False, ["x"]), (1, 1, []), (1, 2, ["x"]),
        (None, None, []), (None, "", ["x"]), ([1], [1, 2], ["x[1]"]), ([1, 2], [1], ["x[1]"]), ([], [], []),
        ({"a": 1}, {"a": 1, "b": 2}, ["x.b"]), ({"a": 1, "b": 2}, {"a": 1}, ["x.b"]), ({"a": 1}, [], ["x"]),
        ([{"a": 1}, {"b": 1}], [{"b": 1}, {"a": 1}], []), ([{"a": 1}, {"b": 1}], [{"b": 1}], ["x[0]"]),
    ],
)  # fmt: skip
def test_a_difference_is_named_by_its_place(recorded: Any, actual: Any, places: list[str]):
    differences = Trees("other", values()).compare(recorded, actual, "x", ("x",))
    assert [difference.where for difference in differences] == places


@pytest.mark.parametrize(("life", "is_same"), [(1800, True), (1801, True), (1799, True), (1802, False), (1798, False)])
def test_a_token_may_live_a_second_longer(life: int, is_same: bool):
    import jwt

    token = jwt.encode({"iat": 100, "exp": 100 + life}, "k" * 32)
    recorded = {"iat": 0, "exp": 1800}
    rows = [row for row in oauth.compare_claims(recorded, {"access_token": token}, values()) if "-" in row.where]
    assert (rows == []) is is_same


@pytest.mark.parametrize(
    ("recorded", "actual", "expected"),
    [
        ("PID|1|2", "PID|1|2", []),
        ("PID|1|2", "PID|1|3", [("PID-2", "2", "3")]),
        ("PID|1", "PID|1|3", [("PID-2", "", "3")]),
        ("PID|1|3", "PID|1", [("PID-2", "3", "")]),
        ("PID|a^b", "PID|a^c", [("PID-1.2", "b", "c")]),
        ("PID|a^b", "PID|a", [("PID-1", "a^b", "a")]),
        ("PID|a^b~d", "PID|a^c~d", [("PID-1", "a^b~d", "a^c~d")]),
        ("OBX|1\rOBX|2", "OBX|1\rOBX|3", [("OBX[2]-1", "2", "3")]),
        ("MSH", "MSH", []),
        ("MSH#a#b", "MSH#a#c", [("MSH-3", "b", "c")]),
        ("MSA|AA|1", "MSA|AE|1||wrong", [("MSA-1", "AA", "AE")]),
        ("MSA", "MSA|AE", [("MSA-1", "", "AE")]),
    ],
)
def test_a_message_differs_in_named_fields(recorded: str, actual: str, expected: list[tuple[str, str, str]]):
    rows = [(row.where, row.recorded, row.actual) for row in hl7.compare_messages(recorded, actual, values())]
    assert rows == expected


@pytest.mark.parametrize(("recorded", "actual"), [("OBX|1", "OBX|1\rOBX|2"), ("OBX|1\rOBX|2", "OBX|1")])
def test_a_segment_that_is_missing_is_named_by_its_number(recorded: str, actual: str):
    (difference,) = hl7.compare_messages(recorded, actual, values())
    assert difference.where == "OBX[2]"
    assert "OBX|2" in (difference.recorded, difference.actual)


@pytest.mark.parametrize(("length", "is_whole"), [(LONGEST - 2, True), (LONGEST - 1, False)])
def test_a_long_value_of_a_difference_is_shortened(length: int, is_whole: bool):
    text = Difference("x", "a" * length, "b").text(is_redacted=False)
    assert ("…" not in text) is is_whole
