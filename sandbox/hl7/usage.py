"""The unread parts of a message: segments, fields, repetitions, components and sub-components.

The reader records in each segment what it reads. All other content has no effect; the linter and the
explanation of the exchange list it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from typing import NamedTuple

from sandbox.base import datafiles
from sandbox.base.pauses import with_pauses
from sandbox.base.readable import shortened
from sandbox.hl7.er7 import Er7Message
from sandbox.hl7.escapes import DELIMITERS, OUTBOUND
from sandbox.hl7.inbound_message import MessageNotice
from sandbox.hl7.profiles import FieldRow, Profile
from sandbox.hl7.roadmap import roadmap
from sandbox.hl7.segments import Segment

MOST_NOTICES = 500
"""Maximum number of notices in an explanation: a message of only delimiters has a hundred thousand."""
LONGEST = 40
"""Maximum number of characters of unread text in a notice."""
TEXT = ("ST", "FT", "TX")
"""Data types of free text; OBX-2 is the type of OBX-5."""
UNUSED, UNESCAPED = "hl7.unknown-segments", "hl7.unescaped"
MORE = MessageNotice(rule=UNUSED, level="hint", segment="", text="further unused fields are not listed")


Skipped = frozenset[int | str]
"""Fields to leave out: field numbers, `9.3` for a component, and the empty text for the whole segment."""


NOTHING: Skipped = frozenset()


class SegmentPlace(NamedTuple):
    """A segment and its message."""

    segment: Segment
    message: Er7Message

    @property
    def name(self) -> str:
        return self.message.place(self.segment)


def unread(message: Er7Message, profile: Profile) -> list[MessageNotice]:
    """List the unread parts of a processed message, except fields that senders usually fill."""
    notices = _beyond_habit(message, profile)
    listed = list(islice(notices, MOST_NOTICES))
    # One more is read only to learn whether there are more.
    return [*listed, MORE] if len(listed) == MOST_NOTICES and next(notices, None) else listed


def _beyond_habit(message: Er7Message, profile: Profile) -> Iterator[MessageNotice]:
    by_segment = habits()
    for segment in with_pauses(message.all):
        skipped = by_segment.get(segment.name, NOTHING)
        # A quick check: most segments are read completely.
        if not segment.reads or segment.partly_read(skipped):
            yield from unread_in(SegmentPlace(segment, message), profile, skipped)


def unread_in(place: SegmentPlace, profile: Profile, skipped: Skipped = NOTHING) -> Iterator[MessageNotice]:
    """List the unread parts of one segment, in order; `skipped` fields are left out."""
    segment = place.segment
    if not segment.reads:
        if "" not in skipped and any(map(segment.has, range(3 if segment.name == "MSH" else 1, len(segment)))):
            yield _unused_segment(place, profile)
        return
    for number in segment.partly_read(skipped):
        rows = profile.by_field.get(segment.name, {}).get(number, [])
        yield from _of_field(place, number, rows, profile, skipped)


def _of_field(
    place: SegmentPlace, number: int, rows: list[FieldRow], profile: Profile, skipped: Skipped
) -> Iterator[MessageNotice]:
    segment = place.segment
    reads, shared = segment.reads, segment.reads.get(number, 0)
    repetitions = segment.raw(number).split(segment.delimiters[1])
    if not shared and not any((number, position) in reads for position in range(1, len(repetitions) + 1)):
        if number not in skipped and segment.has(number):
            yield _unused_notice(place, str(number), profile, rows)
        return
    for position, repetition in enumerate(repetitions, 1):
        field = str(number) if position == 1 else f"{number}[{position}]"
        bits = segment.bits(number, position)
        if bits:
            of_repetition = _of_repetition(place, field, repetition, bits, rows, profile)
            yield from (notice for notice in of_repetition if notice.field not in skipped)
        elif repetition.strip("".join(segment.delimiters[2:]) + " "):
            free = _is_text(segment, rows, shared)
            yield _cut_notice(place, field, repetition, 1) if free else _unused_notice(place, field, profile, rows)


def _of_repetition(
    place: SegmentPlace, field: str, repetition: str, bits: int, rows: list[FieldRow], profile: Profile
) -> Iterator[MessageNotice]:
    segment = place.segment
    last = bits.bit_length() - 1
    for number, component in enumerate(repetition.split(segment.delimiters[2]), 1):
        at = f"{field}.{number}"
        if bits >> number & 1:
            yield from _of_component(place, at, component)
        elif component.strip(segment.delimiters[3] + " "):
            free = number > last and _is_text(segment, rows, bits)
            yield _cut_notice(place, at, component, 2) if free else _unused_notice(place, at, profile, rows)


def _of_component(place: SegmentPlace, at: str, component: str) -> Iterator[MessageNotice]:
    delimiter = place.segment.delimiters[3]
    if delimiter in component:
        for number, text in enumerate(component.split(delimiter)[1:], 2):
            if text.strip():
                yield _cut_notice(place, f"{at}.{number}", text, 3)


def _is_text(segment: Segment, rows: list[FieldRow], bits: int) -> bool:
    """Return whether the last component read of a field is free text, which a delimiter cuts."""
    last = bits.bit_length() - 1
    type_ = next((row.type for row in rows if row.component == last), "")
    return type_ in TEXT or (type_ == "varies" and segment.peek(2) in TEXT)


def _cut_notice(place: SegmentPlace, field: str, text: str, level: int) -> MessageNotice:
    delimiter = place.segment.delimiters[level]
    escape = OUTBOUND[DELIMITERS[level]]
    instead = f": write {escape} instead" if delimiter == DELIMITERS[level] else ""
    text = f"[{shortened(text, LONGEST)}] is not read, because it follows an unescaped {delimiter}{instead}"
    return MessageNotice(rule=UNESCAPED, level="cut", segment=place.name, field=field, text=text)


def _unused_segment(place: SegmentPlace, profile: Profile) -> MessageNotice:
    """Build the notice of a segment without effect, which PKB may have announced."""
    planned = roadmap().get(place.segment.name)
    if planned is not None:
        return MessageNotice(rule=planned.id, level="ignored", segment=place.name, text=planned.text)
    return _unused_notice(place, "", profile, ())


def _unused_notice(place: SegmentPlace, field: str, profile: Profile, rows: Iterable[FieldRow]) -> MessageNotice:
    """Build the notice of a field, or part of one, without effect; a fact about it may explain why."""
    rule = next((row.rule for row in rows), "")
    text = f"not used in {profile.name} and ignored" + (f" ({rule})" if rule else "")
    return MessageNotice(rule=UNUSED, level="ignored", segment=place.name, field=field, text=text)


@cache
def habits() -> dict[str, Skipped]:
    """The fields that senders usually fill although PKB does not read them, by segment."""
    rows = datafiles.read_toml(datafiles.beside_code("hl7/habits.toml"))["habits"]
    return {segment: frozenset(fields) for segment, fields in rows.items()}
