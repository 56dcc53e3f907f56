"""The parts of an HL7 message by their addresses, each with its place in the line as it was sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from sandbox.hl7.escapes import unescape


class Spot(NamedTuple):
    """A component of a repetition of a field of a segment; `component` is 0 for the whole repetition.

    `start` and `end` are positions in the line of the segment.
    """

    line: int
    field: int
    repetition: int
    component: int
    start: int
    end: int


@dataclass(frozen=True)
class Hl7Text:
    """A message as lines, one per segment, with its own delimiters."""

    lines: tuple[str, ...]
    field: str = "|"
    component: str = "^"
    repetition: str = "~"

    @classmethod
    def parse(cls, text: str) -> Hl7Text:
        lines = tuple(line for line in text.replace("\n", "\r").split("\r") if line.strip())
        head = next((line for line in lines if line.startswith("MSH") and len(line) > 5), "")
        # MSH-1 and the first two of MSH-2: the delimiters of fields, components and repetitions.
        return cls(lines, *(head[3:6] if head else ()))

    def name(self, line: int) -> str:
        return self.lines[line].partition(self.field)[0]

    def text(self, spot: Spot) -> str:
        """Return the unescaped text of a part."""
        return unescape(self.lines[spot.line][spot.start : spot.end])

    def at(self, address: str) -> list[Spot]:
        """Return the parts at an address such as `AIP-3.2`, or whole ones at `PV1-7`, that are not empty."""
        segment, _, place = address.partition("-")
        number, _, component = place.partition(".")
        return [
            spot
            for line in self._lines_of.get(segment, ())
            for spot in self._of_line(line, int(number), int(component or 0))
            if spot.end > spot.start
        ]

    @cached_property
    def _lines_of(self) -> dict[str, list[int]]:
        lines: dict[str, list[int]] = {}
        for line in range(len(self.lines)):
            lines.setdefault(self.name(line), []).append(line)
        return lines

    @cached_property
    def _fields(self) -> list[list[tuple[int, int]]]:
        """The beginnings and ends of the fields of each line: a message is asked for many addresses."""
        return [list(_pieces(line, self.field, 0, len(line))) for line in self.lines]

    def _of_line(self, line: int, number: int, component: int) -> Iterator[Spot]:
        text, is_head, fields = self.lines[line], self.name(line) == "MSH", self._fields[line]
        # In MSH the delimiter after the name is itself field 1.
        position = number - 1 if is_head else number
        if not 0 < position < len(fields) or (is_head and number < 3):
            return
        for repetition, (start, end) in enumerate(_pieces(text, self.repetition, *fields[position])):
            if not component:
                yield Spot(line, number, repetition, 0, start, end)
                continue
            parts = list(_pieces(text, self.component, start, end))
            if component <= len(parts):
                yield Spot(line, number, repetition, component, *parts[component - 1])


def _pieces(text: str, delimiter: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Return the beginnings and ends of the pieces of a part of a text."""
    while True:
        position = text.find(delimiter, start, end)
        if position < 0:
            yield start, end
            return
        yield start, position
        start = position + len(delimiter)
