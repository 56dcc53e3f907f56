"""A world of its own for each test, and the contract with PKB over all that the test sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from partner_appointments.connection import Connection
from partner_appointments.hl7 import Hl7Client
from partner_appointments.store import Store

EXPORT = Path(__file__).parents[1] / "appointments.csv"
ALLOWED = {"matching.no-patient": "the export has one patient whom the organisation does not know"}


@pytest.fixture
def pkb(pkb_sandbox: Any) -> Iterator[Any]:
    """The world of the test; afterwards nothing in it was refused, and nothing was sent that PKB advises against."""
    yield pkb_sandbox
    pkb_sandbox.assert_contract(fail_on="advice", allow=ALLOWED)


@pytest.fixture
def connection(pkb: Any) -> Connection:
    hl7, facade = pkb.credential("hl7-partner"), pkb.credential("system-client")
    on_behalf_of = hl7["on_behalf_of"][0]
    return Connection(
        url=pkb.base_url,
        hl7_user=hl7["username"],
        hl7_password=hl7["password"],
        facility=on_behalf_of["alias"],
        client_id=facade["client_id"],
        client_secret=facade["client_secret"],
        organisation=on_behalf_of["organisation"]["id"],
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "appointments.db")
    yield store
    store.close()


@pytest.fixture
def hl7(connection: Connection) -> Iterator[Hl7Client]:
    client = Hl7Client(connection)
    yield client
    client.close()
