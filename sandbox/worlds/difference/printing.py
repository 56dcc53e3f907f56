"""Format values for people: British dates in the organisation's time zone, names, texts of codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any

from sandbox import model
from sandbox.base.clock import LocalDay
from sandbox.base.readable import shortened
from sandbox.store.states import State
from sandbox.worlds.attributes.table import Attribute

LONGEST = 120
"""Maximum number of characters of a text."""
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@dataclass(frozen=True, slots=True)
class Printer:
    """Formats values of one state; times in a zone, without the year if it is that of `now`."""

    state: State
    zone: tzinfo
    now: datetime

    def print(self, value: Any, attribute: Attribute | None = None) -> str:
        """Format a value by its attribute: constants in words, ids as names."""
        if isinstance(value, tuple):
            return ", ".join(self.print(item, attribute) for item in value)
        if isinstance(value, str) and attribute is not None:
            return shortened_line(attribute.values.get(value) or self._name(attribute.names, value) or value)
        if isinstance(value, str):
            return shortened_line(value)
        return next((write(self, value) for kind, write in WRITERS.items() if isinstance(value, kind)), str(value))

    def time(self, at: datetime) -> str:
        """`2 April 09:30`, `2 April 2027 09:30`; a day without its time."""
        if isinstance(at, LocalDay):
            return _day(at, at.precision)
        local = at.astimezone(self.zone)
        year = "" if local.year == self.now.astimezone(self.zone).year else f" {local.year}"
        seconds = f":{local.second:02}" if local.second else ""
        return f"{local.day} {MONTHS[local.month - 1]}{year} {local.hour:02}:{local.minute:02}{seconds}"

    def _name(self, kinds: tuple[str, ...], id_: str) -> str:
        for kind in kinds:
            entity: Any = self.state.find_one(getattr(model, kind), id_)
            if entity is not None:
                return NAMES[kind](entity)
        return ""


def _day(at: date, precision: str = "day") -> str:
    month = f"{MONTHS[at.month - 1]} {at.year}"
    return {"year": str(at.year), "month": month, "day": f"{at.day} {month}"}[precision]


def shortened_line(text: str) -> str:
    return shortened(" ".join(text.split()), LONGEST)


def _code(printer: Printer, code: model.Code) -> str:
    return shortened_line(code.text or code.alternate_text or code.code or code.alternate_code)


def _address(printer: Printer, address: model.Address) -> str:
    lines = (address.line1, address.line2, address.city, address.state, address.postcode, address.country)
    return shortened_line(", ".join(line for line in lines if line))


def _participant(printer: Printer, participant: model.Participant) -> str:
    name = participant.name.display
    return shortened_line(f"{name} ({participant.role})" if participant.role else name)


WRITERS: Mapping[type, Callable[[Printer, Any], str]] = {
    bool: lambda printer, value: "yes" if value else "no",
    datetime: Printer.time,
    date: lambda printer, value: _day(value),
    bytes: lambda printer, value: f"{len(value)} bytes",
    Decimal: lambda printer, value: f"{value:f}",
    model.Code: _code,
    model.Name: lambda printer, value: shortened_line(value.full),
    model.Address: _address,
    model.Participant: _participant,
}
"""Type → its format; `datetime` comes before `date`, its base class."""

NAMES: Mapping[str, Callable[[Any], str]] = {
    "Organisation": lambda entity: entity.name,
    "Team": lambda entity: entity.name,
    "Partner": lambda entity: entity.name,
    "LocalIdType": lambda entity: entity.name,
    "Questionnaire": lambda entity: entity.name,
    "User": lambda entity: entity.name.display,
    "Patient": lambda entity: entity.name.display,
}
"""Kind → its name for people."""
