"""The input of a message handler: the message, its sender, and the record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any

from sandbox import facts
from sandbox.base.quick_init import quick_init
from sandbox.base.short_cache import LONGEST
from sandbox.base.whole_numbers import parse_digits
from sandbox.domain.data_points.filing import source_of
from sandbox.domain.record import Record, Sender
from sandbox.errors import Invalid
from sandbox.hl7 import timestamps
from sandbox.hl7.er7 import Er7Message
from sandbox.hl7.escapes import NULL
from sandbox.hl7.profiles import Profile
from sandbox.hl7.segments import Segment
from sandbox.hl7.times import Times
from sandbox.model import Code, HeldMessage, Name, Source

MOST_ERRORS = 1000
"""Maximum number of errors that are collected for one message."""
RECENT_CODES = 10_000
"""Coded values that are remembered."""
LONGEST_DELAY: int = facts.value("hl7.delay")
"""Maximum delay in days: a hundred years, so that every delay still gives a valid date."""


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class MessageNotice:
    """A part of a message that PKB does not use as sent, for the linter and the explanation of the exchange.

    `level` is one of the linter's: `ignored`, `cut` or `hint`. `field` uses the linter's numbering: `3[2]`. `rule` is
    a fact of the ledger, `text` a sentence.
    """

    rule: str
    level: str
    segment: str
    field: str = ""
    text: str

    def __str__(self) -> str:
        place = f"{self.segment}-{self.field}" if self.field else self.segment
        return f"{place}: {self.text}" if place else self.text


def refuse(errors: list[Invalid] | None, error: Invalid) -> None:
    """Collect an error if there is a list; raise it without a list, or when the list is full."""
    if errors is None or len(errors) >= MOST_ERRORS:
        raise error
    errors.append(error)


class Attempt:
    """Return a context that collects the Invalid of its block if there is a list; without a list it has no effect."""

    __slots__ = ("_errors", "failed")

    def __init__(self, errors: list[Invalid] | None) -> None:
        self._errors = errors
        self.failed = False

    def __enter__(self) -> Attempt:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        self.failed = isinstance(error, Invalid)
        if not isinstance(error, Invalid) or self._errors is None or len(self._errors) >= MOST_ERRORS:
            return False
        self._errors.append(error)
        return True


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """An inbound message. `times` contains its timestamps; `zone` applies to timestamps without an offset.

    `decided` is set when a person has approved the message, so that it is not held again. `replay` processes a
    message that was held earlier. `notices` collects parts that are not used as sent, also for a refused message.
    `errors` is None unless all reasons for a refusal are wanted: then it collects them, and reading continues.
    `subjects` collects the public id of the matched or created patient; the last one is reported.
    """

    message: Er7Message
    text: str
    profile: Profile
    record: Record
    sender: Sender
    credential: str
    entered_at: datetime
    zone: tzinfo
    times: Times
    decided: bool
    replay: Callable[[HeldMessage], None]
    notices: list[MessageNotice] = field(default_factory=list)
    errors: list[Invalid] | None = None
    subjects: list[str] = field(default_factory=list)

    def refuse(self, error: Invalid) -> None:
        """Refuse the message: raise the error, or collect it."""
        refuse(self.errors, error)

    def attempt(self) -> Attempt:
        """Return a context for a part of the reading, whose Invalid is collected if errors are."""
        return Attempt(self.errors)

    def require(self, when: str) -> None:
        """Refuse the message if a value is missing that this case requires."""
        for error in self.profile.missing(self.message, when):
            self.refuse(error)

    def require_in(self, segment: Segment, when: str, prefix: str) -> None:
        """Apply `require` to one segment; `prefix` is its place in the message, such as `OBR[1].`."""
        for error in self.profile.missing_in(segment, self.message, when, prefix):
            self.refuse(error)

    def at(self, segment: Segment, field: int, component: int = 1) -> str:
        """Return the place of a component in the message in the linter's notation: `OBX[2]-14.1`."""
        return f"{self.message.place(segment)}-{field}.{component}"

    def segment(self, name: str) -> Segment:
        """Return the first segment with a name. Raises Invalid if there is none."""
        segment = self.message.segment(name)
        if segment is None:
            raise self.profile.no_segment(name)
        return segment

    def timestamp(self, segment: Segment | None, field: int, component: int = 1) -> datetime | None:
        """Return a timestamp of a segment; None if it is empty. Raises Invalid for a malformed one."""
        if segment is None:
            return None
        value = segment.text(field, component)
        if not value:
            return None
        if (segment, field, component) in self.times:
            return self.times[segment, field, component]
        with self.attempt():
            return timestamps.parse(value, f"{segment.name}-{field}.{component}", self.zone)
        return None

    def person(self, segment: Segment | None, field: int, prefix: str = "") -> Name | None:
        """Parse a person (XCN): .2 family, .3 given, .4 middle, .6 title. Raises Invalid without a family name."""
        if segment is None or not segment.has(field):
            return None
        family, given_name, middle, title = (segment.text(field, component) for component in (2, 3, 4, 6))
        if not family:
            # hl7.null: a person who is cleared needs no family name.
            if segment.value(field) == NULL:
                return None
            error = Invalid(
                f"{prefix}{segment.name}-{field}.2 (family name) must be provided. You provided []",
                where=self.at(segment, field, 2),
                rule="hl7.family-name",
                instead=f"a family name in {segment.name}-{field}.2, or an empty {segment.name}-{field}",
            )
            self.refuse(error)
            return None
        return Name(family=family, given=given_name, middle=middle, title=title)

    def notice(self, rule: str, level: str, text: str, segment: Segment | None = None, field: str = "") -> None:
        """Add a notice with its fact; without a segment it is about the whole message."""
        place = self.message.place(segment) if segment else ""
        self.notices.append(MessageNotice(rule=rule, level=level, segment=place, field=field, text=text))

    def delay(self, segment: Segment, prefix: str = "", *, counts: bool = True) -> int:
        """Parse OBX-13: the days during which the patient cannot see the content. Raises Invalid unless it is a whole
        number.

        An OBX-13 that has no effect is checked too.
        """
        text = segment.text(13) if counts else segment.peek(13)
        if not text or text == NULL:
            return 0
        days = parse_digits(text)
        if days is None or days > LONGEST_DELAY:
            error = Invalid(
                f"{prefix}OBX-13.1 (delay) must be a number of days. You provided [{text}]",
                where=self.at(segment, 13),
                rule="hl7.delay",
                instead=f"a whole number of days up to {LONGEST_DELAY}, or an empty field",
            )
            self.refuse(error)
            return 0
        return days

    def released_at(self, at: datetime, delay: int, prefix: str = "") -> datetime | None:
        """Return when the patient may see content of time `at` after a delay in days; None without a delay. Raises
        Invalid.
        """
        try:
            return at + timedelta(days=delay) if delay else None
        except OverflowError:
            error = Invalid(
                f"{prefix}OBX-13.1 (delay) must end before the year 10000. You provided [{delay}]",
                rule="hl7.delay",
                instead="fewer days",
            )
            self.refuse(error)
            return None

    def source(self, author: Name | None = None) -> Source:
        """Return the source of this message's data points; `author` is the person stated in the message."""
        source = source_of(self.sender)
        return replace(source, text=author.full) if author else source

    def data_point(self, patient: str, *, author: Name | None = None, **more: Any) -> dict[str, Any]:
        """Return the common attributes of this message's data points: a new id, patient, source and times.

        `author` is the person whom the message states as the source.
        """
        return {
            "id": self.record.ids.uuid(),
            "patient": patient,
            "source": self.source(author),
            "entered_at": self.entered_at,
            "persisted_at": self.record.now(),
            **more,
        }


def parse_code(segment: Segment, field: int) -> Code:
    """Parse a coded value (CE): code, text, system, and their alternates."""
    texts = segment.texts(field, 6)
    # Long values are not cached: a few of them would take the memory of thousands.
    return (_code if sum(map(len, texts)) <= LONGEST else _code.__wrapped__)(*texts)


@lru_cache(RECENT_CODES)
def _code(identifier: str, text: str, system: str, other: str, other_text: str, other_system: str) -> Code:
    """Return one object for equal codes, because codes recur."""
    return Code(
        code=identifier,
        text=text,
        system=system,
        alternate_code=other,
        alternate_text=other_text,
        alternate_system=other_system,
    )


Handler = Callable[[InboundMessage], str | None]
