"""What was sent is read back from the Facade, page by page, and letters are marked when patients have read them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from conftest import EXPORT

from partner_appointments.bookings import read_bookings
from partner_appointments.connection import Connection
from partner_appointments.facade import Facade
from partner_appointments.hl7 import Hl7Client
from partner_appointments.reading import mark_receipts, missing_appointments
from partner_appointments.sending import queue, send_waiting
from partner_appointments.store import Store

TOLA, LETTER = "9991001379", "RNM-D-0901"


@pytest.fixture
def facade(connection: Connection) -> Iterator[Facade]:
    facade = Facade(connection, page_size=1)
    yield facade
    facade.close()


@pytest.fixture(autouse=True)
def _is_sent(pkb: Any, store: Store, hl7: Hl7Client, connection: Connection) -> None:
    queue(store, read_bookings(EXPORT), connection.facility)
    list(send_waiting(store, hl7, pause=0))


def test_every_page_is_read_with_one_token(pkb: Any, store: Store, facade: Facade):
    assert list(missing_appointments(store, facade)) == []
    operations = [row["operation"] for row in pkb.exchanges if row["api"] in ("oauth", "facade")]
    appointments = len(pkb.record(TOLA)["appointments"])
    assert operations == [
        "token client_credentials",
        "search-type Patient",
        *["search-type Appointment"] * appointments,
    ]


def test_a_token_that_ends_early_is_replaced(pkb: Any, store: Store, facade: Facade):
    pkb.set_faults([{"api": "facade", "expire_token": True, "first": 1}])
    assert list(missing_appointments(store, facade)) == []
    assert [row["operation"] for row in pkb.exchanges].count("token client_credentials") == 2


def test_an_appointment_that_pkb_shows_otherwise_is_missing(pkb: Any, store: Store, facade: Facade):
    assert pkb.send_hl7(cancelled("A-1001"), "hl7-partner").code == "AA"
    assert list(missing_appointments(store, facade)) == ["A-1001"]


def cancelled(appointment: str) -> str:
    """What somebody else sends on behalf of the partner."""
    return (
        "MSH|^~\\&|OTHER|NORTHMOOR_LB|HL7API|PKB|20270101120000+0000||SIU^S15|other-1|P|2.4\r"
        f"PID|||{TOLA}^^^NHS^NH||Adeyemi^Tola||19880214\rSCH|{appointment}\r"
    )


def test_a_letter_is_marked_when_the_patient_has_read_it(pkb: Any, store: Store, facade: Facade):
    assert mark_receipts(store, facade) == 0
    assert store.letters()[LETTER] == (False, "")
    read_letter(pkb)
    assert mark_receipts(store, facade) == 1
    is_read, at = store.letters()[LETTER]
    assert is_read
    assert at
    requests = len(pkb.exchanges)
    assert mark_receipts(store, facade) == 0
    assert len(pkb.exchanges) == requests  # a letter that has been read is not asked for again


def read_letter(pkb: Any) -> None:
    """What the patient does in PKB's web pages."""
    (letter,) = (row for row in pkb.record(TOLA)["documents"] if row["external_id"] == LETTER)
    world = {"workspace": pkb.workspace_name}
    httpx.post(f"{pkb.base_url}/_sandbox/records/{TOLA}/documents/{letter['id']}/read", params=world, json={})
