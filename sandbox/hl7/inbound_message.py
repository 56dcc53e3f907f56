"""What a message handler is given: the message, who sent it, on whose behalf, and the record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any

from sandbox import facts
from sandbox.domain.data_points.filing import source_of
from sandbox.domain.record import Record, Sender
from sandbox.errors import Invalid
from sandbox.hl7 import timestamps
from sandbox.hl7.profiles import Profile
from sandbox.hl7.segments import NULL, Er7Message, Segment
from sandbox.hl7.times import Times
from sandbox.model import Code, HeldMessage, Name, Source

MOST_ERRORS = 1000
"""More are not looked for in one message."""
LONGEST_DELAY: int = facts.value("hl7.delay")
"""Days: a hundred years, so that every delay still gives a date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageNotice:
    """What PKB does not use as it was sent: the linter and the explanation of the exchange say so.

    `level` is one of the linter's: `ignored`, `cut` or `hint`. `field` is numbered as the linter numbers it: `3[2]`.
    `rule` is a fact of the ledger, `text` a sentence.
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
    """Collects an error where there is a list for it; raises it where there is none, or the list is full."""
    if errors is None or len(errors) >= MOST_ERRORS:
        raise error
    errors.append(error)


class Attempt:
    """A context that collects the Invalid of its block, where there is a list for it; else it passes through."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """One message on its way into the record. `times` holds its timestamps; `zone` is for those without an offset.

    `decided` is set when a person has approved the message: nothing holds it any more. `replay` takes in a message
    that was held earlier. `notices` collects what of the message is not used as sent, also of one that is refused.
    `errors` is None unless every reason for a refusal is wanted: then it collects them, and reading goes on.
    `subjects` collects the public id of the patient who was matched, or created; the last one is the answer.
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
        """Refuses the message: raises the error, or collects it."""
        refuse(self.errors, error)

    def attempt(self) -> Attempt:
        """A part of the reading that may raise Invalid, which is collected where errors are."""
        return Attempt(self.errors)

    def require(self, when: str) -> None:
        """Refuses the message when something is missing that is required in this case."""
        for error in self.profile.missing(self.message, when):
            self.refuse(error)

    def require_in(self, segment: Segment, when: str, prefix: str) -> None:
        """As `require`, for one segment; `prefix` names its place in the message, as `OBR[1].`."""
        for error in self.profile.missing_in(segment, self.message, when, prefix):
            self.refuse(error)

    def at(self, segment: Segment, field: int, component: int = 1) -> str:
        """The place of a component in the message, as the linter names it: `OBX[2]-14.1`."""
        return f"{self.message.place(segment)}-{field}.{component}"

    def segment(self, name: str) -> Segment:
        """The first segment of a name. Raises Invalid where there is none."""
        segment = self.message.segment(name)
        if segment is None:
            raise self.profile.no_segment(name)
        return segment

    def timestamp(self, segment: Segment | None, field: int, component: int = 1) -> datetime | None:
        """A timestamp of a segment; None where there is none. Raises Invalid for a malformed one."""
        if segment is None:
            return None
        value = segment.text(field, component)
        if (segment, field, component) in self.times:
            return self.times[segment, field, component]
        with self.attempt():
            return timestamps.parse(value, f"{segment.name}-{field}.{component}", self.zone)
        return None

    def person(self, segment: Segment | None, field: int, prefix: str = "") -> Name | None:
        """A person (XCN): .2 family, .3 given, .4 middle, .6 title. Raises Invalid for one without a family name."""
        if segment is None or not segment.has(field):
            return None
        family, given_name, middle, title = (segment.text(field, component) for component in (2, 3, 4, 6))
        if not family:
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
        """Notes what is not used as it was sent, with the fact that says so; without a segment of the whole message."""
        place = self.message.place(segment) if segment else ""
        self.notices.append(MessageNotice(rule=rule, level=level, segment=place, field=field, text=text))

    def delay(self, segment: Segment, prefix: str = "", *, counts: bool = True) -> int:
        """OBX-13: for how many days the patient does not see the content. Raises Invalid for no whole number.

        One that does not count is checked all the same.
        """
        text = segment.text(13) if counts else segment.peek(13)
        if not text or text == NULL:
            return 0
        if not (text.isascii() and text.isdigit() and int(text[:9]) <= LONGEST_DELAY and len(text) < 9):
            error = Invalid(
                f"{prefix}OBX-13.1 (delay) must be a number of days. You provided [{text}]",
                where=self.at(segment, 13),
                rule="hl7.delay",
                instead=f"a whole number of days up to {LONGEST_DELAY}, or an empty field",
            )
            self.refuse(error)
            return 0
        return int(text)

    def released_at(self, at: datetime, delay: int, prefix: str = "") -> datetime | None:
        """When a patient may see what is from `at`, after a delay in days; None without one. Raises Invalid."""
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
        """Where data points of this message come from; `author` is the person whom the message names."""
        source = source_of(self.sender)
        return replace(source, text=author.full) if author else source

    def data_point(self, patient: str, *, author: Name | None = None, **more: Any) -> dict[str, Any]:
        """What every data point of this message starts with: an id, its patient, source and times.

        `author` is the person whom the message names as the source.
        """
        return {
            "id": self.record.ids.uuid(),
            "patient": patient,
            "source": self.source(author),
            "entered_at": self.entered_at,
            "persisted_at": self.record.now(),
            **more,
        }


def code(segment: Segment, field: int) -> Code:
    """A coded value (CE): code, text, system, and their alternates."""
    identifier, text, system, other, other_text, other_system = segment.texts(field, 6)
    return Code(
        code=identifier,
        text=text,
        system=system,
        alternate_code=other,
        alternate_text=other_text,
        alternate_system=other_system,
    )


Handler = Callable[[InboundMessage], str | None]
