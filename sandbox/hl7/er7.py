"""Parse ER7: one message in the order of its segments. The library hl7 finds the delimiters of a message.

Source: *HL7 Integration*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365012127
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from hl7.parser import create_parse_plan

from sandbox import facts
from sandbox.base.pauses import with_pauses
from sandbox.base.short_cache import short_cache
from sandbox.errors import Invalid, Unreadable
from sandbox.hl7.segments import Segment

MOST_DELIMITERS: int = facts.value("hl7.delimiter-limit")
"""Maximum number of delimiters: more would block the server for seconds; real messages have a few thousand at most."""


PIECE = 8 * 1024
"""Characters in which delimiters are counted at once."""

HEADER = 20
"""Characters that hold the delimiters: without a second delimiter the library would list every character of a line."""


@dataclass(frozen=True)
class Er7Message:
    """One HL7 message in the order of its segments."""

    all: tuple[Segment, ...]
    type: str = field(init=False, repr=False, compare=False)
    """Type and trigger event, such as `ADT^A28`; MSH-9.3 is not used."""
    _by_name: dict[str, list[Segment]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Not `cached_property`, whose lock costs each message more than this work.
        by_name: dict[str, list[Segment]] = {}
        for segment in self.all:
            by_name.setdefault(segment.name, []).append(segment)
        object.__setattr__(self, "_by_name", by_name)
        object.__setattr__(self, "type", f"{self.all[0].value(9, 1)}^{self.all[0].value(9, 2)}")

    def segments(self, name: str) -> tuple[Segment, ...]:
        return tuple(self._by_name.get(name, ()))

    def segment(self, name: str) -> Segment | None:
        segments = self._by_name.get(name)
        return segments[0] if segments else None

    def value(self, name: str, field: int, component: int = 1) -> str:
        """Return a component of the first segment with a name, unescaped; empty if it is absent."""
        segment = self.segment(name)
        return segment.value(field, component) if segment else ""

    def place(self, segment: Segment) -> str:
        """Return the name of a segment, with its number unless it is the first with that name: `OBX[2]`."""
        return self._places[segment]

    @cached_property
    def _places(self) -> dict[Segment, str]:
        by_name = self._by_name.items()
        numbered = ((name, number, segment) for name, group in by_name for number, segment in enumerate(group, 1))
        return {segment: name if number == 1 else f"{name}[{number}]" for name, number, segment in numbered}

    # HL7 puts an NTE behind the segment that it comments on; there is no other link between them.
    def notes_after(self, segment: Segment) -> str:
        """Return the text of the NTE segments directly after a segment, one per line."""
        if "NTE" not in self._by_name:
            return ""
        lines = []
        for position in range(self._positions[segment] + 1, len(self.all)):
            if self.all[position].name != "NTE":
                break
            lines.append(self.all[position].value(3))
        return "\n".join(lines)

    @cached_property
    def _positions(self) -> dict[Segment, int]:
        return {segment: number for number, segment in enumerate(self.all)}

    @property
    def delimiters(self) -> str:
        """Return the delimiters in MSH-1 and MSH-2, in the order of `DELIMITERS`."""
        return self.all[0].delimiters

    @property
    def trigger(self) -> str:
        return self.value("MSH", 9, 2)

    @property
    def control_id(self) -> str:
        return self.value("MSH", 10)


def parse(text: str) -> Er7Message:
    r"""Parse one message; `\r`, `\n` and `\r\n` end a segment; white space and byte order marks around it are removed.

    Raises Invalid for a batch, Unreadable (text `null`, as PKB words it) for any other text that is not a message.
    """
    # HL7 ends segments with carriage returns, but files and editors change them into other line ends.
    lines = [line for line in _trimmed(text).replace("\r", "\n").split("\n") if line and not line.isspace()]
    if lines and lines[0][:3] in ("FHS", "BHS"):
        raise Invalid(
            "Batches are not accepted; send one message per request",
            rule="hl7.no-batch",
            instead="one message per request",
        )
    # Shorter than its delimiters, a header cannot say how to read the rest.
    if not lines or not lines[0].startswith("MSH") or len(lines[0]) < 8:
        raise Unreadable("null", rule="hl7.unreadable", instead="one ER7 message that starts with MSH|^~\\&|")
    delimiters = _delimiters(lines[0][:HEADER])
    # Counted in the text, before anything is split.
    if _count(text, delimiters) > MOST_DELIMITERS:
        raise Invalid(
            f"The message has more than {MOST_DELIMITERS} delimiters",
            rule="hl7.delimiter-limit",
            instead="fewer segments per message: a separate message for each order, document or appointment",
        )
    return Er7Message(tuple([Segment(line, delimiters) for line in with_pauses(lines)]))


def _delimiters(header: str) -> str:
    # Only MSH-1 and MSH-2, in which nearly all messages are the same, so that the cache helps.
    return _delimiters_of(header[: header.find(header[3], 4) + 1] or header)


@short_cache(64)
def _delimiters_of(head: str) -> str:
    delimiters: str = create_parse_plan(head).separators[1:]
    return delimiters


def _count(text: str, delimiters: str) -> int:
    """Return how many delimiters a text has."""
    if len(text) <= PIECE:
        return sum(map(text.count, delimiters))
    # `in` finds a character an order of magnitude faster than `count` counts it, and most of a long text is a file.
    pieces = (text[start : start + PIECE] for start in range(0, len(text), PIECE))
    return sum(piece.count(delimiter) for piece in pieces for delimiter in delimiters if delimiter in piece)


def _trimmed(text: str) -> str:
    return text.strip().strip("\ufeff").strip() if "\ufeff" in text else text.strip()
