"""SIU^S12 (book), S14 (move) and S15 (cancel) as text.

Source: *SIU S12*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364947182/SIU+S12
"""

from __future__ import annotations

from datetime import date, datetime

from partner_appointments.bookings import Booking
from partner_appointments.bugs import has_bug

TRIGGERS = {"book": "S12", "move": "S14", "cancel": "S15"}
ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\", "\n": "\\.br\\"}


def build_message(booking: Booking, facility: str, control_id: str, at: datetime) -> str:
    """Build the message of a booking. `at` is the time at which it is made."""
    patient, appointment = f"{booking.nhs_number}^^^NHS^NH", f"SCH|{_text(booking.appointment)}"
    segments = [
        f"MSH|^~\\&|BOOKINGS|{facility}|HL7API|PKB|{_time(at)}||SIU^{TRIGGERS[booking.event]}|{control_id}|P|2.4",
        f"PID|||{patient}||{_text(booking.family)}^{_text(booking.given)}||{_day(booking.birth_date)}",
        appointment,
    ]
    if booking.event != "cancel":  # a cancellation needs no more, and PKB ignores the rest
        times = f"^^^{_time(booking.starts)}^{_time(booking.ends)}"
        segments[-1] = f"{appointment}||||||^{_text(booking.reason)}||||{times}"
        segments.append(f"PV1|||^^^^^^^^{_text(booking.location)}")
    return "\r".join(segments) + "\r"


def with_control_id(message: str, control_id: str) -> str:
    fields = message.split("|")
    return "|".join([*fields[:9], control_id, *fields[10:]])


def _text(text: str) -> str:
    """Escape HL7's delimiters."""
    return "".join(ESCAPES.get(character, character) for character in text)


def _time(at: datetime) -> str:
    return at.strftime("%Y%m%d%H%M%S") if has_bug("local-times") else at.strftime("%Y%m%d%H%M%S%z")


def _day(day: date) -> str:
    return day.strftime("%d/%m/%Y") if has_bug("uk-dates") else day.strftime("%Y%m%d")
