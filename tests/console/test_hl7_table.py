"""A message as a table: which fields have a line for each component, and how much is shown."""

from __future__ import annotations

import pytest

from sandbox.console.hl7_fields import LONGEST, MOST_LINES, MessageTable, message_table
from sandbox.hl7.lint import sender
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces
from tests.hl7.samples import A28

PRINCIPAL = sender(Workspaces(Settings(seed=1, clock="2026-04-01T09:00:00Z")).default, None)


def lines(table: MessageTable) -> dict[str, str]:
    return {line.place: line.value for segment in table.segments for line in segment.lines}


def with_name(name: str) -> str:
    """The sample with another PID-5."""
    head, *segments = A28.replace("\n", "\r").split("\r")
    fields = next(segment for segment in segments if segment.startswith("PID")).split("|")
    fields[5] = name
    return "\r".join([head, *("|".join(fields) if s.startswith("PID") else s for s in segments)])


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("Okafor", {"PID-5": "Okafor"}),
        ("Okafor^Grace", {"PID-5.1": "Okafor", "PID-5.2": "Grace"}),
        ("^Grace", {"PID-5": "^Grace"}),
    ],
)
def test_a_field_of_several_components_has_a_line_for_each(name: str, places: dict[str, str]):
    table = lines(message_table(PRINCIPAL, with_name(name)))
    assert {place: value for place, value in table.items() if place.startswith("PID-5")} == places


@pytest.mark.parametrize(("length", "is_whole"), [(LONGEST, True), (LONGEST + 1, False)])
def test_a_long_value_is_shortened(length: int, is_whole: bool):
    value = lines(message_table(PRINCIPAL, with_name("x" * length)))["PID-5"]
    assert value == "x" * LONGEST + ("" if is_whole else f"… ({length:,} characters)")


@pytest.mark.parametrize("more", [-1, 0, 1, 2])
def test_a_long_message_shows_a_number_of_lines_and_counts_the_others(more: int):
    shown_before = len(lines(message_table(PRINCIPAL, A28)))
    extra = MOST_LINES - shown_before + more
    table = message_table(PRINCIPAL, A28.rstrip("\r\n") + "\r" + "\r".join(f"ZZZ|{number}" for number in range(extra)))
    assert sum(len(segment.lines) for segment in table.segments) == min(MOST_LINES, MOST_LINES + more)
    assert table.left_out == max(0, more)
