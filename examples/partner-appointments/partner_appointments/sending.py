"""Queue the lines of an export, and send what has no acknowledgement yet.

A message whose acknowledgement is lost is sent again as it is, with the same control id: PKB finds the appointment by
its id and applies the message again. A refused message is not: it is refused again until a person has corrected the
booking. Messages go in order, because a cancellation must not overtake its booking.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from partner_appointments.bookings import Booking
from partner_appointments.bugs import has_bug
from partner_appointments.hl7 import Acknowledgement, Hl7Client, Lost
from partner_appointments.messages import build_message, with_control_id
from partner_appointments.store import Message, Store

ATTEMPTS = 4
PAUSE = 0.5
"""Seconds before the second attempt; each further one waits twice as long."""


def queue(store: Store, bookings: Iterable[Booking], facility: str) -> int:
    """Queue the bookings that are new, and return their number."""
    at = datetime.now(UTC)
    return sum(
        store.queue(booking, lambda control_id, booking=booking: build_message(booking, facility, control_id, at))
        for booking in bookings
    )


def send_waiting(store: Store, hl7: Hl7Client, pause: float = PAUSE) -> Iterator[tuple[Message, Acknowledgement]]:
    """Send what waits, and yield each message with its acknowledgement. Raises Lost after the last attempt."""
    for message in store.waiting():
        acknowledgement = _send(store, hl7, message, pause)
        if acknowledgement.code != "AA" and has_bug("resend-refused"):
            acknowledgement = hl7.send(message.text)
        state = "accepted" if acknowledgement.code == "AA" else "refused"
        store.save_acknowledgement(message.control_id, state, acknowledgement.text)
        yield message, acknowledgement


def _send(store: Store, hl7: Hl7Client, message: Message, pause: float) -> Acknowledgement:
    text = message.text
    for attempt in range(1, ATTEMPTS + 1):
        store.count_attempt(message.control_id)
        try:
            return hl7.send(text)
        except Lost:
            if attempt == ATTEMPTS:
                raise
        time.sleep(pause * 2 ** (attempt - 1))
        if has_bug("new-control-id"):
            text = with_control_id(text, uuid.uuid4().hex[:20])
    raise AssertionError("unreachable")
