"""Reads an ER7 message: segments, fields, repetitions, components, whatever delimiters MSH declares.

Values come out unescaped; an absent value is the empty text. What PKB needs of a message is said in `profiles`.

Source: HL7 Integration, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365012127
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import hl7

from sandbox.errors import Invalid, Unreadable
from sandbox.hl7.escapes import escape, unescape

NULL = '""'
"""HL7's null: the sender says that there is no value, as opposed to saying nothing."""

STANDARD = "|^~\\&"
"""The delimiters of fields, components, repetitions, escape sequences and sub-components, in the order of MSH."""

_BATCH = ("FHS", "BHS", "BTS", "FTS")
_DELIMITER = re.compile(r"[^\w\s]")


@dataclass(frozen=True, slots=True)
class Field:
    """One repetition of a field: components, each a tuple of sub-components."""

    components: tuple[tuple[str, ...], ...]

    def component(self, number: int = 1) -> str:
        """The value of a component, counted from 1.

        choice: PKB describes no sub-components, so a component that has several counts by its first.
        """
        return self.components[number - 1][0] if 0 < number <= len(self.components) else ""


@dataclass(frozen=True, slots=True)
class Segment:
    """One line of a message. `fields` counts as HL7 does: `fields[0]` is the name, and MSH-1 the field separator."""

    name: str
    line: str
    fields: tuple[tuple[Field, ...], ...]

    def value(self, field: int, component: int = 1, repetition: int = 1) -> str:
        """One value, as in PID-3.4: field 3, component 4; of the first repetition unless another is asked for."""
        repetitions = self.repetitions(field)
        return repetitions[repetition - 1].component(component) if 0 < repetition <= len(repetitions) else ""

    def repetitions(self, field: int) -> tuple[Field, ...]:
        """All repetitions of a field; none when the segment ends before it."""
        return self.fields[field] if 0 < field < len(self.fields) else ()

    def encoded(self, field: int) -> str:
        """A field as it would stand in a message with the standard delimiters."""
        return "~".join(
            "^".join("&".join(map(escape, component)) for component in repetition.components)
            for repetition in self.repetitions(field)
        )


@dataclass(frozen=True, slots=True)
class Message:
    """A message that starts with its one MSH. `every` holds the segments in the order sent."""

    every: tuple[Segment, ...]
    delimiters: str = STANDARD

    @property
    def type(self) -> str:
        """Message type and trigger event, `ADT^A28`; PKB does not use MSH-9.3. Empty without MSH-9."""
        return "^".join(filter(None, (self.value("MSH", 9, 1), self.trigger)))

    @property
    def trigger(self) -> str:
        """The trigger event, `A28`."""
        return self.value("MSH", 9, 2)

    @property
    def control_id(self) -> str:
        """MSH-10, which the acknowledgement echoes. PKB does not look for duplicates of it."""
        return self.value("MSH", 10)

    def segments(self, name: str) -> tuple[Segment, ...]:
        return tuple(segment for segment in self.every if segment.name == name)

    def segment(self, name: str) -> Segment | None:
        """The first segment of that name."""
        return next((segment for segment in self.every if segment.name == name), None)

    def value(self, segment: str, field: int, component: int = 1, repetition: int = 1) -> str:
        """One value of the first segment of that name."""
        found = self.segment(segment)
        return found.value(field, component, repetition) if found else ""

    def groups(self, opening: str, *members: str) -> tuple[tuple[Segment, tuple[Segment, ...]], ...]:
        """Each `opening` segment with the `members` that follow it directly: `groups("AL1", "NTE")`."""
        groups: list[tuple[Segment, list[Segment]]] = []
        inside = False
        for segment in self.every:
            if segment.name == opening:
                groups.append((segment, []))
                inside = True
            elif inside and segment.name in members:
                groups[-1][1].append(segment)
            else:
                inside = False
        return tuple((first, tuple(others)) for first, others in groups)

    def raw(self, name: str) -> tuple[str, ...]:
        """The lines of all segments of that name, to be echoed: as sent, or rewritten to the standard delimiters."""
        found = self.segments(name)
        return tuple(segment.line if self.delimiters == STANDARD else _rewritten(segment) for segment in found)


def parse(text: str) -> Message:
    """Reads one message, whose segments end with CR, LF or both.

    Raises `Unreadable("null")`, PKB's documented detail, for what is no HL7 message, and `Invalid` for more than one.
    """
    lines = _lines(text)
    if not lines:
        raise Unreadable("null", rule="hl7/ae.unreadable")
    _only_one(lines)
    delimiters = _delimiters(lines[0])
    if lines[0].count(delimiters[0], 4) == 0:
        lines[0] += delimiters[0]  # a header that ends with MSH-2: the library needs to see where it ends
    parsed = hl7.parse("\r".join(lines))
    return Message(tuple(map(_segment, parsed, lines)), delimiters)


def _lines(text: str) -> list[str]:
    return [line.lstrip() for line in re.split(r"[\r\n]+", text.strip()) if line.strip()]


def _only_one(lines: list[str]) -> None:
    if any(line.startswith(_BATCH) for line in lines):
        raise Invalid("Batches are not supported. Send one message at a time", rule="hl7/batch")
    if sum(line.startswith("MSH") for line in lines) > 1:
        raise Invalid("Only one MSH segment may be provided. Send one message at a time", rule="hl7/batch")


def _delimiters(header: str) -> str:
    """MSH-1 and MSH-2. Those left out of MSH-2 are the standard ones, as the library takes them."""
    field = header[3:4]
    if not header.startswith("MSH") or not field:
        raise Unreadable("null", rule="hl7/ae.unreadable")
    declared = header[4:].split(field)[0][:4]
    delimiters = field + declared + STANDARD[1:][len(declared) :]
    if len(set(delimiters)) < len(STANDARD) or not all(map(_DELIMITER.match, delimiters)):
        raise Unreadable("null", rule="hl7/ae.unreadable")
    return delimiters


def _segment(parsed: Iterable[object], line: str) -> Segment:
    fields = tuple(_field(field) for field in parsed)
    return Segment(fields[0][0].component(1), line, fields)


def _field(parsed: object) -> tuple[Field, ...]:
    """The library leaves out the levels that a text does not need; here all of them are present."""
    return tuple(
        Field(tuple(tuple(map(unescape, _children(component))) for component in _children(repetition)))
        for repetition in _children(parsed)
    )


def _children(parsed: object) -> list[str]:
    return [parsed] if isinstance(parsed, str) else list(parsed)  # type: ignore[call-overload]


def _rewritten(segment: Segment) -> str:
    fields = [segment.encoded(number) for number in range(1, len(segment.fields))]
    return "|".join([segment.name, *fields])
