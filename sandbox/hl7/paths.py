"""Places in a message, as the linter writes them: `PID-5.1`, `OBX[2]-5`, `PID-3[2].1`, `PID-5.1.2`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from sandbox.errors import Invalid, SandboxError
from sandbox.hl7.er7 import Er7Message, parse
from sandbox.hl7.escapes import unescape
from sandbox.hl7.message_log import received_message
from sandbox.hl7.segments import Segment
from sandbox.worlds.exchange import Exchange

Item = TypeVar("Item")
_NUMBER = r"[1-9][0-9]{0,3}"
_PATH = re.compile(
    rf"(?P<segment>[A-Z][A-Z0-9]{{2}})(?:\[(?P<occurrence>{_NUMBER})\])?-(?P<field>{_NUMBER})"
    rf"(?:\[(?P<repetition>{_NUMBER})\])?(?:\.(?P<component>{_NUMBER}))?(?:\.(?P<sub_component>{_NUMBER}))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hl7Path:
    """A place in a message; without a number in brackets it stands for every segment of that name, or every repetition.

    All numbers are from 1, None for none.
    """

    segment: str
    occurrence: int | None
    field: int
    repetition: int | None
    component: int | None
    sub_component: int | None

    @classmethod
    def parse(cls, text: str) -> Hl7Path:
        """Read a path. Raises Invalid."""
        match = _PATH.fullmatch(text)
        if match is None:
            raise Invalid(f"{text[:80]!r} is not a place in a message, as PID-5.1, OBX[2]-5 or PID-3[2].1")
        return cls(
            segment=match["segment"],
            occurrence=_number(match["occurrence"]),
            field=int(match["field"]),
            repetition=_number(match["repetition"]),
            component=_number(match["component"]),
            sub_component=_number(match["sub_component"]),
        )

    def values(self, message: Er7Message) -> Iterator[str]:
        """Return the values at this place, empty for a part that a segment does not have; none without the segment.

        A value is unescaped, unless it consists of further parts: then it is as sent.
        """
        for segment in _select(message.segments(self.segment), self.occurrence):
            if self.segment == "MSH" and self.field <= 2:  # the delimiters themselves
                yield segment.raw(self.field)
                continue
            for repetition in _select(segment.raw(self.field).split(segment.delimiters[1]), self.repetition):
                yield self._part(repetition, segment)

    def _part(self, repetition: str, segment: Segment) -> str:
        text, inner = repetition, segment.delimiters[2:]
        for number in (self.component, self.sub_component):
            if number is None:
                break
            parts = text.split(inner[0])
            text, inner = parts[number - 1] if number <= len(parts) else "", inner[1:]
        return text if any(delimiter in text for delimiter in inner) else unescape(text)


def _number(text: str | None) -> int | None:
    return int(text) if text else None


def _select(items: Iterable[Item], number: int | None) -> list[Item]:
    """All items, or the one with a number."""
    rows = list(items)
    return rows if number is None else rows[number - 1 : number]


def values_at(path: str) -> Callable[[Er7Message], Iterable[str]]:
    """Return the function that reads the values at a place. Raises Invalid."""
    return Hl7Path.parse(path).values


def message_of(exchange: Exchange) -> Er7Message | None:
    """Return the message of an exchange, as far as the journal keeps it; None if it is not a message."""
    try:
        return parse(received_message(exchange))
    except SandboxError:
        return None
