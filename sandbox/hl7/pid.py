"""PID: the patient in a message.

Source: *PID*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364849216/PID
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import tzinfo
from typing import NamedTuple, ParamSpec, TypeVar

from sandbox.base.pauses import with_pauses
from sandbox.errors import Invalid
from sandbox.hl7 import timestamps
from sandbox.hl7.er7 import Er7Message
from sandbox.hl7.escapes import NULL
from sandbox.hl7.inbound_message import MessageNotice
from sandbox.hl7.segments import Repetition, Segment
from sandbox.model import Demographics, SentIdentifier

P = ParamSpec("P")
T = TypeVar("T")
GENDERS = {"U": "UNKNOWN", "M": "MALE", "F": "FEMALE", "I": "INDETERMINATE"}
OLDER_GENDERS = {"A": "UNKNOWN"}
"""Letters that PKB has announced it will refuse, but still accepts."""
_BY_LETTER = GENDERS | OLDER_GENDERS
PHONE_PRECEDENCE = ("PRS", "PRN", "WPN", "")
"""Use codes in order of preference for the record's one phone number: mobile, home, work, none."""


class ContactRepetition(NamedTuple):
    """One repetition of PID-13 or PID-14 with its place, and its first four components."""

    field: int
    number: int
    texts: tuple[str, ...]

    @property
    def is_email(self) -> bool:
        first, use, _, fourth = self.texts
        return use == "NET" or "@" in first or "@" in fourth


_TYPE_AND_STATUS = re.compile(r"(?P<type>[^{]*)\{status:(?P<status>\d{2})\}")


def _raise(error: Invalid) -> None:
    raise error


def demographics(message: Er7Message, zone: tzinfo, refuse: Callable[[Invalid], None] = _raise) -> Demographics:
    """Parse the demographics of a message. Raises Invalid for a bad gender or timestamp, or several e-mails in a
    field.
    """
    pid = message.segment("PID")
    if pid is None:
        return Demographics()
    died_at = _read_or_refuse(refuse, timestamps.parse, pid.text(29), "PID-29.1", zone)
    contacts = [
        ContactRepetition(field, number, repetition.first(4))
        for field in (13, 14)
        for number, repetition in enumerate(pid.repetitions(field), 1)
    ]
    family, given_name, middle, title = pid.value(5, 1), pid.value(5, 2), pid.value(5, 3), pid.value(5, 5)
    line1, line2, city, state, postcode, country = _address(pid)
    return Demographics(
        identifiers=identifiers(pid),
        family=_clearable(family) or None,
        given=_clearable(given_name) or None,
        middle=_clearable(middle),
        title=_clearable(title),
        date_of_birth=_read_or_refuse(refuse, timestamps.parse_date, pid.text(7), "PID-7.1"),
        gender=_read_or_refuse(refuse, _gender, pid),
        line1=line1,
        line2=line2,
        city=city,
        state=state,
        postcode=postcode,
        country=country,
        phone=_phone(pid, contacts),
        emails=(*_email(pid, contacts, 13, refuse), *_email(pid, contacts, 14, refuse)),
        language=_clearable(pid.value(15)),
        deceased=_deceased(pid, died_at is not None),
        died_at=died_at,
    )


def _read_or_refuse(
    refuse: Callable[[Invalid], None], read: Callable[P, T], *arguments: P.args, **named: P.kwargs
) -> T | None:
    """Return a reader's result; None if its error is only collected."""
    try:
        return read(*arguments, **named)
    except Invalid as error:
        refuse(error)
        return None


def notices(message: Er7Message) -> Iterator[MessageNotice]:
    """Return notices for values that are read differently than sent, without a refusal."""
    value = message.value("PID", 8).strip()
    if value[:1].upper() in OLDER_GENDERS:
        text = f"{value} counts as U (unknown); send U, M, F or I"
        yield MessageNotice(rule="hl7.gender-letter", level="hint", segment="PID", field="8", text=text)


def identifiers(pid: Segment) -> tuple[SentIdentifier, ...]:
    """Return the identifiers: PID-2 counts as one more entry of PID-3; an entry without a value is ignored."""
    entries = []
    for field in (2, 3):
        for number, entry in enumerate(with_pauses(pid.repetitions(field)), 1):
            if entry.component(1).strip() not in ("", NULL):
                pid.mark(field, number, 1, 4, 5)
                entries.append(_identifier(entry, str(field) if number == 1 else f"{field}[{number}]"))
    return tuple(entries)


def _identifier(repetition: Repetition, where: str) -> SentIdentifier:
    code, status = repetition.component(5), ""
    with_status = _TYPE_AND_STATUS.fullmatch(code) if "{" in code else None
    if with_status:
        code, status = with_status["type"], with_status["status"]
    return SentIdentifier(
        value=repetition.component(1).strip(),
        assigning_authority=repetition.component(4),
        type_code=code,
        status=status,
        where=where,
    )


def _clearable(value: str) -> str | None:
    """Return None for a blank component, empty text for the null, which clears the value."""
    return "" if value == NULL else value or None


def _address(pid: Segment) -> list[str | None]:
    """Parse PID-11 by the same rule; a null alone clears the whole address."""
    if pid.raw(11).startswith(NULL) and [entry.components for entry in pid.repetitions(11)] == [(NULL,)]:
        return [""] * 6
    return [_clearable(value) for value in pid.values(11, 6)]


def gender_of(value: str) -> str | None:
    """Return the gender by the first letter of a value, in any case; None if no gender has that letter."""
    return _BY_LETTER.get(value.strip()[:1].upper())


def _gender(pid: Segment) -> str | None:
    value = pid.text(8).strip()
    gender = gender_of(value)
    if value and gender is None:
        raise Invalid(
            "Invalid gender. Expected U, M, F or I",
            where="PID-8",
            rule="hl7.gender",
            instead="U, M, F, I or an empty field",
        )
    return gender


def _phone(pid: Segment, contacts: list[ContactRepetition]) -> str | None:
    """Return the phone number to store: the one with the preferred use code."""
    phones = [entry for entry in contacts if not entry.is_email]
    # The record has one phone number: by use, then in the order of the message.
    for use in PHONE_PRECEDENCE if phones else ():
        for entry in phones:
            if entry.texts[1] == use and entry.texts[0] not in ("", NULL):
                pid.mark(entry.field, entry.number, 1, 2)
                return entry.texts[0]
    cleared = [entry for entry in phones if entry.texts[0] == NULL]
    for entry in cleared:
        pid.mark(entry.field, entry.number, 1)
    # A null clears the number only if no repetition has a new one.
    return "" if cleared else None


def _email(pid: Segment, contacts: list[ContactRepetition], field: int, refuse: Callable[[Invalid], None]) -> list[str]:
    """Return at most one address, from the fourth component, the first or, from some senders, the third."""
    # PKB allows one address in each of the two fields, so they are read apart.
    addresses = []
    for entry in contacts:
        if entry.field != field or "@" not in "".join(entry.texts):
            continue
        component = next((number for number in (4, 1, 3) if "@" in entry.texts[number - 1]), 0)
        if component:
            addresses.append(entry.texts[component - 1].strip())
            pid.mark(field, entry.number, component, 2)
    if len(addresses) > 1:
        refuse(
            Invalid(
                f"Only one email address may be provided in PID-{field}",
                where=f"PID-{field}",
                rule="hl7.one-email",
                instead="one",
            )
        )
    return addresses


def _deceased(pid: Segment, died: bool) -> bool | None:
    """Return whether and when the patient died: PID-30 decides; without it a time of death means deceased; the null
    clears.
    """
    indicator = pid.value(30) if pid.peek(30) in ("Y", "N", NULL) else ""
    # A date of death beside "not dead" is not used, so it is no longer marked as read.
    if indicator == "N":
        pid.forget(29)
    if indicator in ("Y", "N"):
        return indicator == "Y"
    if died:
        return True
    return False if NULL in (indicator, pid.value(29)) else None
