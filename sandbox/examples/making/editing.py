"""Change a message as text: give a field or component a value, remove segments, keep only some fields."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

_ADDRESS = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?-(\d+)(?:\.(\d+))?")
_SEGMENT = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?")


class Place(NamedTuple):
    """A field or component of a message; component 0 is the whole field."""

    segment: str
    occurrence: int
    field: int
    component: int


def place_of(address: str) -> Place:
    """Parse an address: `SCH-1`, `PID-5.2`, `OBX[2]-3.1`. Raises ValueError."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise ValueError(f"{address!r} is not an address such as PID-5.1")
    return Place(match[1], int(match[2] or 1), int(match[3]), int(match[4] or 0))


def with_values(text: str, values: Mapping[str, str]) -> str:
    """Return a message with fields or components replaced, by their addresses."""
    lines = text.split("\n")
    for address, value in values.items():
        place = place_of(address)
        number = _line(lines, place.segment, place.occurrence)
        lines[number] = _with_value(lines[number], place.field, place.component, value)
    return "\n".join(lines)


def without_segments(text: str, names: Iterable[str]) -> str:
    """Return a message without the segments of some names: all `OBX`, or only `OBX[2]` with its number."""
    lines = text.split("\n")
    dropped = set()
    for name in names:
        match = _SEGMENT.fullmatch(name)
        if match is None:
            raise ValueError(f"{name!r} is not a segment such as OBX or OBX[2]")
        numbers = _lines(lines, match[1])
        dropped.update(numbers[int(match[2]) - 1 : int(match[2])] if match[2] else numbers)
    return "\n".join(line for number, line in enumerate(lines) if number not in dropped)


def only(line: str, places: Collection[tuple[int, int]]) -> str:
    """Return a segment with only some components; component 0 keeps the field whole."""
    fields = line.split("|")
    for number in range(1, len(fields)):
        if (number, 0) not in places:
            parts = fields[number].split("^")
            kept = [part if (number, component) in places else "" for component, part in enumerate(parts, 1)]
            fields[number] = "^".join(kept).rstrip("^")
    return "|".join(fields).rstrip("|")


def _lines(lines: list[str], name: str) -> list[int]:
    return [number for number, line in enumerate(lines) if line.startswith(f"{name}|") or line == name]


def _line(lines: list[str], name: str, occurrence: int) -> int:
    numbers = _lines(lines, name)
    if len(numbers) < occurrence:
        raise ValueError(f"the message has no {name}[{occurrence}]")
    return numbers[occurrence - 1]


def _with_value(line: str, field: int, component: int, value: str) -> str:
    fields = line.split("|")
    index = field - (fields[0] == "MSH")  # MSH-1 is the delimiter itself
    fields += [""] * (index + 1 - len(fields))
    parts = fields[index].split("^")
    if component:
        parts += [""] * (component - len(parts))
        parts[component - 1] = value
    fields[index] = "^".join(parts) if component else value
    return "|".join(fields)
