"""`python -m partner_appointments send FILE`, `read` or `receipts`. Exit code 1: look at what it prints."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import httpx

from partner_appointments.bookings import read_bookings
from partner_appointments.connection import Connection
from partner_appointments.facade import Facade
from partner_appointments.hl7 import Hl7Client, Lost
from partner_appointments.reading import mark_receipts, missing_appointments
from partner_appointments.sending import queue, send_waiting
from partner_appointments.store import Store

USAGE = "usage: partner-appointments send FILE | read | receipts"


def main() -> None:
    store = Store(os.environ.get("PARTNER_APPOINTMENTS_STORE", "appointments.db"))
    try:
        sys.exit(_run(sys.argv[1:], store, Connection.from_environment()))
    except KeyError as error:
        sys.exit(f"{error.args[0]} is not set")
    except (OSError, ValueError, Lost, httpx.HTTPError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
    finally:
        store.close()


def _run(arguments: list[str], store: Store, connection: Connection) -> int:
    match arguments:
        case ["send", file]:
            return _send(store, connection, Path(file))
        case ["read"]:
            return _read(store, connection)
        case ["receipts"]:
            print(f"{mark_receipts(store, Facade(connection))} letters have been read")
            return 0
    print(USAGE, file=sys.stderr)
    return 2


def _send(store: Store, connection: Connection, file: Path) -> int:
    print(f"{queue(store, read_bookings(file), connection.facility)} new messages")
    for message, acknowledgement in send_waiting(store, Hl7Client(connection)):
        print(f"{message.appointment}: {acknowledgement.code} {acknowledgement.reason}".rstrip())
    return 0


def _read(store: Store, connection: Connection) -> int:
    missing = list(missing_appointments(store, Facade(connection)))
    print(f"{len(store.expected()) - len(missing)} appointments as sent, {len(missing)} missing or different")
    for appointment in missing:
        print(f"{appointment}: not as sent", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    main()
