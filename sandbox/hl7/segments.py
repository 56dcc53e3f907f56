"""Reading ER7: segments, fields, components, with PKB's escapes.

Source: *HL7 Integration*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365012127
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import hl7

from sandbox.errors import Invalid, Unreadable

NULL = '""'
"""The HL7 null: the sender asks for the value to be cleared."""

INBOUND = {"F": "|", "S": "^", "T": "&", "R": "~", "E": "\\", ".br": "\n"}
"""Escape sequences that PKB reads, whatever the delimiters of the message; others stay as they are."""

MOST_DELIMITERS = 100_000
"""More take seconds to read, while nobody else is answered; real messages have a few thousand at most."""

OUTBOUND = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"}
"""Characters that PKB escapes when it writes; a newline is not among them."""

DELIMITERS = "|~^&"
"""Between fields, repetitions, components and sub-components, in the order of nesting."""

_ESCAPE = re.compile(r"\\(F|S|T|R|E|\.br)\\")


def unescape(text: str) -> str:
    return _ESCAPE.sub(lambda found: INBOUND[found[1]], text) if "\\" in text else text


def escape(text: str) -> str:
    return "".join(OUTBOUND.get(character, character) for character in text)


@dataclass(frozen=True, slots=True)
class Repetition:
    """One occurrence of a field: its components, escaped as they came."""

    components: tuple[str, ...]

    def component(self, number: int = 1) -> str:
        """A component, from 1, unescaped; empty where there is none. Of sub-components, the first."""
        return unescape(self.components[number - 1]) if number <= len(self.components) else ""


class Segment:
    """One segment. Fields are numbered as HL7 numbers them, in MSH too; each is taken apart when first asked for."""

    __slots__ = ("_read", "name", "parsed")

    def __init__(self, name: str, parsed: Any) -> None:
        self.name = name
        self.parsed = parsed
        self._read: dict[int, tuple[Repetition, ...]] = {}

    def repetitions(self, field: int) -> tuple[Repetition, ...]:
        """The occurrences of a field; none where the field is absent or empty."""
        found = self._read.get(field)
        if found is None:
            found = self._read[field] = self._taken_apart(field)
        return found

    def _taken_apart(self, field: int) -> tuple[Repetition, ...]:
        if field >= len(self.parsed):
            return ()
        found = tuple(Repetition(_components(one)) for one in list.__getitem__(self.parsed, field))
        return found if any(any(one.components) for one in found) else ()

    def value(self, field: int, component: int = 1) -> str:
        """A component of the first occurrence of a field, unescaped; empty where there is none."""
        found = self._read.get(field)
        if found is None:
            found = self.repetitions(field)
        if not found:
            return ""
        components = found[0].components
        return unescape(components[component - 1]) if component <= len(components) else ""

    def text(self, field: int, component: int = 1) -> str:
        """As `value`, with the HL7 null taken for blank."""
        value = self.value(field, component)
        return "" if value == NULL else value

    def texts(self, field: int, count: int) -> tuple[str, ...]:
        """The first components of a field, as `text` gives them, `count` of them."""
        found = self.repetitions(field)
        sent = found[0].components[:count] if found else ()
        read = tuple("" if part == NULL else unescape(part) for part in sent)
        return read + ("",) * (count - len(read))

    @property
    def echo(self) -> str:
        """The segment as it came, in the standard delimiters that replies are written with."""
        return _joined(self.parsed, DELIMITERS)


def _joined(part: Any, delimiters: str) -> str:
    if isinstance(part, str):
        return "".join(OUTBOUND[character] if character in DELIMITERS else character for character in part)
    return delimiters[0].join(_joined(one, delimiters[1:]) for one in part)


def _components(repetition: Any) -> tuple[str, ...]:
    if isinstance(repetition, str):
        return (repetition,)
    return tuple(one if isinstance(one, str) else str(list.__getitem__(one, 0)) for one in repetition)


@dataclass(frozen=True)
class Message:
    """One HL7 message in the order of its segments."""

    all: tuple[Segment, ...]

    def segments(self, name: str) -> tuple[Segment, ...]:
        return tuple(self._by_name.get(name, ()))

    def segment(self, name: str) -> Segment | None:
        found = self._by_name.get(name)
        return found[0] if found else None

    @cached_property
    def _by_name(self) -> dict[str, list[Segment]]:
        by_name: dict[str, list[Segment]] = {}
        for segment in self.all:
            by_name.setdefault(segment.name, []).append(segment)
        return by_name

    def value(self, name: str, field: int, component: int = 1) -> str:
        """A component of the first segment of that name, unescaped; empty where there is none."""
        segment = self.segment(name)
        return segment.value(field, component) if segment else ""

    def notes_after(self, segment: Segment) -> str:
        """The text of the NTE segments that stand directly behind a segment, one per line."""
        position = next(number for number, one in enumerate(self.all) if one is segment)
        lines = []
        for following in self.all[position + 1 :]:
            if following.name != "NTE":
                break
            lines.append(following.value(3))
        return "\n".join(lines)

    @cached_property
    def type(self) -> str:
        """Type and trigger event, as `ADT^A28`; MSH-9.3 is not used."""
        return f"{self.value('MSH', 9, 1)}^{self.value('MSH', 9, 2)}"

    @property
    def trigger(self) -> str:
        return self.value("MSH", 9, 2)

    @property
    def control_id(self) -> str:
        return self.value("MSH", 10)


def parse(text: str) -> Message:
    """Reads one message; `\\r`, `\\n` and `\\r\\n` end a segment, white space around the message is trimmed.

    Raises Invalid for a batch, Unreadable (text `null`, as PKB words it) for anything else that is no message.
    """
    lines = [line for line in text.strip().replace("\r", "\n").split("\n") if line and not line.isspace()]
    if lines and lines[0][:3] in ("FHS", "BHS"):
        raise Invalid(
            "Batches are not accepted: send one message a call", rule="hl7.no-batch", instead="one message a call"
        )
    if not lines or not lines[0].startswith("MSH") or len(lines[0]) < 8:
        raise Unreadable("null", rule="hl7.unreadable", instead="one ER7 message that starts with MSH|^~\\&|")
    if sum(text.count(delimiter) for delimiter in "|^~&") > MOST_DELIMITERS:
        raise Invalid(
            f"The message has more than {MOST_DELIMITERS} delimiters",
            rule="hl7.delimiter-limit",
            instead="fewer segments a message: each order, document or appointment in a message of its own",
        )
    try:
        parsed = hl7.parse("\r".join(lines))
        segments = tuple(Segment(str(segment[0]), segment) for segment in parsed)
        return Message(segments)
    except Exception as error:  # the library raises whatever its slicing runs into
        raise Unreadable("null", rule="hl7.unreadable", instead="one well-formed ER7 message") from error
