"""Compare what PKB shows with what was sent, and mark the letters that patients have read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from partner_appointments.facade import Facade
from partner_appointments.store import Store

STATUS = {"book": "booked", "move": "booked", "cancel": "cancelled"}


def missing_appointments(store: Store, facade: Facade) -> Iterator[str]:
    """Yield the ids of appointments that PKB accepted and does not show with their start and status."""
    expected = store.expected()
    for nhs_number in dict.fromkeys(row.nhs_number for row in expected):
        patient = facade.patient(nhs_number)
        appointments = facade.appointments(patient) if patient else ()
        seen = {(datetime.fromisoformat(row["start"]), row["status"]) for row in appointments}
        for row in expected:
            state = (datetime.fromisoformat(row.starts), STATUS[row.event])
            if row.nhs_number == nhs_number and state not in seen:
                yield row.appointment


def mark_receipts(store: Store, facade: Facade) -> int:
    """Ask for the letters that were unread, mark each, and return how many have been read since."""
    unread = store.unread_letters()
    receipts = list(facade.receipts(unread)) if unread else []
    for number, is_read, read_at in receipts:
        store.mark_letter(number, is_read, read_at)
    return sum(is_read for _, is_read, _ in receipts)
