"""An HL7 message as a table of segments and fields: names, values, findings of the linter, resulting attributes.

The linter processes the message against the record as it is now, and rolls everything back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sandbox.access.principal import Principal
from sandbox.access.sender import sender_of
from sandbox.base.readable import shortened
from sandbox.errors import SandboxError
from sandbox.hl7.became import attributes_of
from sandbox.hl7.er7 import Er7Message, parse
from sandbox.hl7.field_names import name_of
from sandbox.hl7.lint import Rehearsal, rehearse, sender
from sandbox.hl7.message_log import received_message
from sandbox.hl7.messages import profile_of
from sandbox.hl7.profiles import Profile, of_type, profiles
from sandbox.hl7.segments import Segment
from sandbox.worlds.exchange import Exchange
from sandbox.worlds.workspace import Workspace

Json = dict[str, Any]
MOST_LINES = 600
"""Maximum number of fields of a table."""
LONGEST = 2_000
"""Maximum number of characters of a value on the page."""
MOST_ATTRIBUTES = 3
"""Maximum number of attributes that a field lists."""
NEVER_USED = "not used in "
"""The first words of the linter's text about a field that PKB does not read in messages of this kind."""
_FIRST_NUMBER = re.compile(r"\d+")
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldLine:
    """A field, repetition or component: its place (`OBX[2]-5`), name, text as sent, and what became of it.

    `line` is the number of its segment in the message, from 0; `start` and `end` are its columns. `unread` is the end
    of the value that a delimiter cuts off.
    """

    place: str
    name: str
    value: str
    became: tuple[str, ...]
    findings: tuple[Json, ...]
    line: int
    start: int
    end: int
    unread: str = ""

    @property
    def read(self) -> str:
        """The value without the end that is cut off."""
        return self.value.removesuffix(self.unread)


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentTable:
    """A segment with its fields; `findings` are about the segment as a whole."""

    place: str
    findings: tuple[Json, ...]
    lines: tuple[FieldLine, ...]


@dataclass(frozen=True, kw_only=True)
class MessageTable:
    """A message: the result of the linter, its segments, and the number of fields that are left out."""

    text: str
    profile: str
    outcome: Json
    segments: tuple[SegmentTable, ...]
    left_out: int

    @cached_property
    def _places(self) -> dict[str, None]:
        return {line.place: None for segment in self.segments for line in segment.lines}

    def line_of(self, finding: Json) -> str:
        """Return the place of the line that a finding belongs to; empty without one."""
        place = f"{finding['segment']}-{finding['field']}"
        field = place.partition(".")[0]
        nearest = (place, place.rpartition(".")[0], field, f"{field}.1")
        return next((candidate for candidate in nearest if candidate in self._places), "")

    @property
    def worth_knowing(self) -> list[Json]:
        """The findings about what is wrong, cut, or ignored for a reason; not about what PKB never uses."""
        return [
            finding
            for finding in self.outcome["findings"]
            if finding["level"] != "used" and not finding["text"].startswith(NEVER_USED)
        ]


def segments_of_exchange(workspace: Workspace, exchange: Exchange) -> MessageTable | None:
    """Return the message of an exchange as a table, linted with the credential that sent it; None without one."""
    text = received_message(exchange)
    if not text:
        return None
    try:
        principal = sender(workspace, exchange.client or None)
    except SandboxError:  # the credential has been revoked, or the caller was nobody
        with suppress(SandboxError):
            return message_table(sender(workspace, None), text, exchange.operation)
        return None
    return message_table(principal, text, exchange.operation)


def message_table(principal: Principal, text: str, operation: str = "") -> MessageTable:
    """Lint a message and lay it out. `operation` is the name of its profile, where that is known."""
    return laid_out(principal, text, rehearse(principal, text), operation)


def laid_out(principal: Principal, text: str, rehearsal: Rehearsal, operation: str = "") -> MessageTable:
    """Lay out a message that was linted."""
    outcome = rehearsal.outcome
    try:
        message = parse(text)
    except SandboxError:
        return MessageTable(text=text, profile="", outcome=outcome, segments=(), left_out=0)
    profile = profiles().get(operation) or _profile(principal, message)
    layout = _Layout(message, profile, outcome)
    segments = tuple(layout.segments())
    return MessageTable(
        text="\r".join(segment_text for segment_text in _lines_of(text)),
        profile=profile.name if profile else "",
        outcome=outcome,
        segments=segments,
        left_out=layout.left_out,
    )


def _lines_of(text: str) -> list[str]:
    return [line for line in text.strip("\ufeff \t\r\n").replace("\r", "\n").split("\n") if line.strip()]


def _profile(principal: Principal, message: Er7Message) -> Profile | None:
    with suppress(SandboxError):
        if of_type(message.type):
            return profile_of(message, sender_of(principal, message.all[0].text(4)))
    return next(iter(of_type(message.type)), None)


class _Layout:
    """Lays out a message: which fields have a line of their own, and which findings belong to each."""

    def __init__(self, message: Er7Message, profile: Profile | None, outcome: Json) -> None:
        self._message = message
        self._profile = profile
        self._attributes = attributes_of(profile.name) if profile else {}
        self._findings: dict[str, dict[str, list[Json]]] = {}
        self._kinds = {effect["kind"] for effect in outcome["effects"]}
        for finding in outcome["findings"]:
            self._findings.setdefault(finding["segment"], {}).setdefault(finding["field"], []).append(finding)
        self._count = 0
        self.left_out = 0

    def segments(self) -> Iterator[SegmentTable]:
        for number, segment in enumerate(self._message.all):
            place = self._message.place(segment)
            by_field = self._findings.get(place, {})
            lines = []
            for line in self._of_segment(segment, place, number, by_field):
                if self._count < MOST_LINES:
                    lines.append(line)
                    self._count += 1
                else:
                    self.left_out += 1
            yield SegmentTable(place=place, findings=tuple(by_field.get("", ())), lines=tuple(lines))

    def _of_segment(
        self, segment: Segment, place: str, number: int, by_field: dict[str, list[Json]]
    ) -> Iterator[FieldLine]:
        # MSH-1 and MSH-2 are the delimiters themselves: the table neither splits nor lists them.
        first = 3 if segment.name == "MSH" else 1
        named = {int(match[0]) for field in by_field if (match := _FIRST_NUMBER.match(field))}
        column = len(segment.name) + 1 if first == 1 else 4 + len(segment.raw(2)) + 1
        for field in range(first, max(len(segment), *(at + 1 for at in named or {0}))):
            raw = segment.raw(field)
            if raw or field in named:
                yield from self._of_field(segment, f"{place}-{field}", (number, column), by_field, field)
            column += len(raw) + 1

    def _of_field(
        self, segment: Segment, place: str, at: tuple[int, int], by_field: dict[str, list[Json]], field: int
    ) -> Iterator[FieldLine]:
        column = at[1]
        for position, repetition in enumerate(segment.raw(field).split(segment.delimiters[1]), 1):
            key = f"{field}" if position == 1 else f"{field}[{position}]"
            suffix = "" if position == 1 else f"[{position}]"
            yield from self._of_repetition(
                segment, repetition, (f"{place}{suffix}", key, field), (at[0], column), by_field
            )
            column += len(repetition) + 1

    def _of_repetition(
        self,
        segment: Segment,
        repetition: str,
        place_and_key: tuple[str, str, int],
        at: tuple[int, int],
        by_field: dict[str, list[Json]],
    ) -> Iterator[FieldLine]:
        place, key, field = place_and_key
        own = by_field.get(key, [])
        components = repetition.split(segment.delimiters[2])
        below = {name.removeprefix(f"{key}."): rows for name, rows in by_field.items() if name.startswith(f"{key}.")}
        if not below and not (own or repetition):
            return
        is_split = bool(below) or (sum(map(bool, components)) > 1 and self._splits(segment.name, field))
        if not is_split:
            yield self._line(segment, (place, field, 0), repetition, at, own, is_used=_is_used(own))
            return
        numbers = {int(name.partition(".")[0]) for name in below}
        is_field_used, column = _is_used(own), at[1]
        for number in range(1, max(len(components), *(numbers or {0})) + 1):
            text = components[number - 1] if number <= len(components) else ""
            rows = [row for name, rows in below.items() if int(name.partition(".")[0]) == number for row in rows]
            # A finding about the whole field stands once, at the first component that has a line.
            own_rows, own = (own, _inherited(own)) if text or rows else ([], own)
            if text or rows:
                is_used = is_field_used and _is_used(rows)
                address = f"{place}.{number}", field, number
                yield self._line(segment, address, text, (at[0], column), [*own_rows, *rows], is_used=is_used)
            column += len(text) + 1

    def _splits(self, segment: str, field: int) -> bool:
        return any(name.startswith(f"{segment}-{field}.") for name in self._attributes)

    def _line(
        self,
        segment: Segment,
        address: tuple[str, int, int],
        value: str,
        at: tuple[int, int],
        findings: list[Json],
        *,
        is_used: bool,
    ) -> FieldLine:
        place, field, component = address
        return FieldLine(
            place=place,
            name=name_of(self._profile, segment.name, field, component),
            value=shortened(value, LONGEST, has_length=True),
            became=self._became(segment.name, field, component) if is_used and value else (),
            findings=tuple(findings),
            line=at[0],
            start=at[1],
            end=at[1] + len(value),
            unread=_unread(value, segment.delimiters[3], findings) if len(value) <= LONGEST else "",
        )

    def _became(self, segment: str, field: int, component: int) -> tuple[str, ...]:
        whole = f"{segment}-{field}"
        if component:
            # In HL7 a field without components is its own first component, and the facts name it either way.
            names = [f"{whole}.{component}", *([whole] if component == 1 else [])]
        else:
            names = [whole, *(name for name in self._attributes if name.startswith(f"{whole}."))]
        pairs = [pair for name in names for pair in self._attributes.get(name, ())]
        kinds = self._kinds or self._usual_kinds(segment, field)
        of_kinds = [pair for pair in pairs if pair[0] in kinds]
        return tuple(dict.fromkeys(f"{kind}: {label}" for kind, label in of_kinds))[:MOST_ATTRIBUTES]

    def _usual_kinds(self, segment: str, field: int) -> set[str]:
        """The kinds that a field concerns by the facts file, for a message that would change nothing now."""
        rows = self._profile.by_field.get(segment, {}).get(field, []) if self._profile else []
        return {_WORDS.sub(" ", row.attribute.partition(".")[0]).lower() for row in rows if row.attribute}


def _unread(value: str, delimiter: str, findings: list[Json]) -> str:
    """Return the end of a value that is cut off: behind a sub-component's delimiter, or the whole of a component."""
    if all(finding["level"] != "cut" for finding in findings):
        return ""
    return value[value.index(delimiter) :] if delimiter in value else value


def _inherited(findings: list[Json]) -> list[Json]:
    """The findings of a field that its later components have too."""
    return [finding for finding in findings if finding["level"] in ("used", "ignored")]


def _is_used(findings: list[Json]) -> bool:
    return all(finding["level"] in ("used", "hint") for finding in findings)
