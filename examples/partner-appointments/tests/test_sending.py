"""Appointments arrive once, whatever the network does, and every acknowledgement is kept."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import EXPORT

from partner_appointments.bookings import read_bookings
from partner_appointments.connection import Connection
from partner_appointments.hl7 import Hl7Client, Lost
from partner_appointments.sending import ATTEMPTS, queue, send_waiting
from partner_appointments.store import Store

TOLA = "9991001379"
LINES = 6


def send(store: Store, hl7: Hl7Client, facility: str) -> list[str]:
    queue(store, read_bookings(EXPORT), facility)
    return [acknowledgement.code for _, acknowledgement in send_waiting(store, hl7, pause=0)]


def test_the_export_arrives(pkb: Any, store: Store, hl7: Hl7Client, connection: Connection):
    assert send(store, hl7, connection.facility) == ["AA"] * (LINES - 1) + ["AR"]
    appointments = {row["external_id"]: row for row in pkb.record(TOLA)["appointments"]}
    assert appointments["A-1001"]["start_at"].startswith("2027-07-02T08:30:00")  # British Summer Time
    assert appointments["A-1002"]["start_at"].startswith("2027-01-21T10:00:00")
    assert appointments["A-1002"]["subject"] == "Physiotherapy & exercise"
    assert appointments["A-1003"]["status"] == "CANCELLED"


def test_acknowledgements_are_kept_and_nothing_is_sent_twice(
    pkb: Any, store: Store, hl7: Hl7Client, connection: Connection
):
    send(store, hl7, connection.facility)
    assert send(store, hl7, connection.facility) == []
    for control_id, (state, attempts, text) in store.acknowledgements().items():
        assert attempts == 1
        assert f"MSA|{'AA' if state == 'accepted' else 'AR'}|{control_id}" in text


@pytest.mark.parametrize("fault", [{"drop": "after-commit"}, {"drop": "before"}, {"status": 503}, {"malformed": True}])
def test_a_lost_message_is_sent_again_with_its_control_id(
    pkb: Any, store: Store, hl7: Hl7Client, connection: Connection, fault: dict[str, Any]
):
    pkb.set_faults([{"api": "hl7", "first": 1, **fault}])
    send(store, hl7, connection.facility)
    attempts = [count for _, count, _ in store.acknowledgements().values()]
    assert sorted(attempts) == [1] * (LINES - 1) + [2]
    first, again = (row for row in pkb.exchanges if row["api"] == "hl7" and (row["fault"] or row["repeats"]))
    assert again["repeats"] == first["id"]
    assert len([row for row in pkb.record(TOLA)["appointments"] if row["external_id"] == "A-1001"]) == 1


def test_what_stays_lost_waits_for_the_next_run(pkb: Any, store: Store, hl7: Hl7Client, connection: Connection):
    pkb.set_faults([{"api": "hl7", "first": ATTEMPTS, "drop": "before"}])
    with pytest.raises(Lost):
        send(store, hl7, connection.facility)
    assert len(store.waiting()) == LINES
    assert send(store, hl7, connection.facility) == ["AA"] * (LINES - 1) + ["AR"]
