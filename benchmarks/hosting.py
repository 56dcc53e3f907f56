"""What fits into a shared server: memory per world, person and exchange, and requests per second of processor time.
`python -m benchmarks.hosting`

Memory is the growth of the server's resident memory, divided by what was added. The rates count the server's own
processor time, so that they do not depend on what else the machine does; they are those of this machine's core, and
are also printed against that of an empty request.
"""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks import messages
from benchmarks.workspaces import ORGANISATION, TOLA, Client, create, server, token_of

WORLDS, PEOPLE, EXCHANGES, REQUESTS = 500, 5_000, 5_000, 3_000
SOAP = "/services/hl7"


def main() -> int:
    """Print both tables."""
    with server("--journal-exchanges", "100") as client:
        a28(client)()
        print("what is added, KB each")
        print(f"  a workspace without changes   {kilobytes(client, WORLDS, create(client)):6.1f}")
        print(f"  a person, by ADT^A28          {kilobytes(client, PEOPLE, a28(client)):6.1f}")
    with server() as client:
        a28(client)()
        print(f"  an exchange in the journal    {kilobytes(client, EXCHANGES, facade_read(client)):6.1f}")
    with server() as client:
        kinds = {
            "empty request": lambda: client.ask("GET", "/_sandbox/health/live"),
            "Facade read": facade_read(client),
            "Facade search": facade_search(client),
            "ADT^A28, a new person": a28(client),
            "token": token(client),
        }
        print("requests per second of one core, and against an empty request")
        empty = 0.0
        for name, act in kinds.items():
            rate = per_second(client, act)
            empty = empty or rate
            print(f"  {name:28}  {rate:7.0f}  {rate / empty:5.2f}")
    return 0


def kilobytes(client: Client, times: int, act: Callable[[], object]) -> float:
    """Return the growth of the server's memory for each call of `act`, in KB."""
    before = client.megabytes
    for _ in range(times):
        act()
    return (client.megabytes - before) * 1_000 / times


def per_second(client: Client, act: Callable[[], object]) -> float:
    """Return the requests for which a second of the server's processor time is enough."""
    for _ in range(REQUESTS // 10):
        act()
    before = processor_seconds(client.process)
    for _ in range(REQUESTS):
        act()
    return REQUESTS / (processor_seconds(client.process) - before)


def processor_seconds(process: int) -> float:
    """Return the processor time of a process so far, in user and system mode (proc(5), fields 14 and 15)."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def a28(client: Client) -> Callable[[], object]:
    headers = messages.HEADERS

    def send() -> None:
        answer = client.text("POST", SOAP, messages.ENVELOPE.format(messages.a28()), headers)
        assert "MSA|AA|" in answer, answer

    return send


def facade_read(client: Client) -> Callable[[], object]:
    headers = facade_headers(client)
    return lambda: client.ask("GET", f"/fhir/Patient/{TOLA}", headers=headers)


def facade_search(client: Client) -> Callable[[], object]:
    headers = facade_headers(client)
    return lambda: client.ask("GET", f"/fhir/Appointment?patient={TOLA}", headers=headers)


def facade_headers(client: Client) -> dict[str, str]:
    credentials = client.ask("GET", "/_sandbox/credentials")["credentials"]
    partner = next(row for row in credentials if row["name"] == "Letterbox, Facade and Messaging")
    return {
        "Authorization": f"Bearer {token_of(client, partner, '/api/oauth/token')}",
        "X-Org-Public-Id": ORGANISATION,
    }


def token(client: Client) -> Callable[[], object]:
    basic = base64.b64encode(b"letterbox-facade:letterbox-Secret-2026").decode()
    headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
    return lambda: client.ask("POST", "/api/oauth/token", "grant_type=client_credentials", headers)


if __name__ == "__main__":
    sys.exit(main())
