"""Messages through SOAP with full state, against a bare route: `python -m benchmarks.messages`

Three messages: ADT^A28 of a new patient, ORU^R01 with 20 OBX and a new order number, MDM^T02 with a new document that
holds a PDF of 1 MB. Both servers run at once on one core and are asked in turn over keep-alive sockets, so that
whatever else the machine does hits both. The figures are ratios of rates: medians over the rounds.
"""

from __future__ import annotations

import base64
import http.client
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

from benchmarks.startup import free_port, wait_until_ready

ROUNDS = 15
LIMIT = 0.6
CREDENTIALS = base64.b64encode(b"org_northmoor:northmoor-Hl7-2026").decode()
HEADERS = {"Content-Type": "text/xml;charset=utf-8", "Authorization": f"Basic {CREDENTIALS}", "SOAPAction": '""'}
ENVELOPE = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:wss="http://wsssl.hl7api.patientsknowbest.com/"><soapenv:Body>'
    "<wss:acceptMessage><arg0><![CDATA[{}]]></arg0></wss:acceptMessage></soapenv:Body></soapenv:Envelope>"
)
PDF = base64.b64encode(b"%PDF-1.4\n" + bytes(range(256)) * 4096).decode()
NUMBERS = count(1)
PROCESSES: dict[int, int] = {}
"""Port of a server → its process."""


def header(type_: str) -> str:
    return f"MSH|^~\\&|PAS|NORTHMOOR|HL7API|PKB|20260310101500||{type_}|m-{next(NUMBERS)}|P|2.4"


def patient(number: int) -> str:
    name_and_birth = "Khatun^Rina^Lee^^Mrs||19910623|F"
    return f"PID|||B{number:06}^^^NORTHMOOR^MR||{name_and_birth}|||2 Mill Yard^^Leeds^^LS0 0ZZ||07700900111^PRS"


def a28() -> str:
    return "\r".join((header("ADT^A28"), patient(next(NUMBERS)), "AL1|1||91936005^Penicillin allergy^SCT|||20190401"))


def oru(number: int = 0) -> str:
    obr = f"OBR|1||L{next(NUMBERS)}|FBC^Full blood count^L9|||202503031120"
    results = (f"OBX|{n}|NM|T{n}^Test {n}^L9||{n}.5|g/L|1-9|N|||F" for n in range(1, 21))
    return "\r".join((header("ORU^R01"), patient(number), obr, *results))


def mdm() -> str:
    txa = f"TXA||CL||202503071000|^Lindqvist^Maja^^^Dr|||||||D{next(NUMBERS)}||||letter.pdf|AU"
    return "\r".join((header("MDM^T02"), patient(0), txa, f"OBX|1|ED|^Clinic letter||^APPLICATION^PDF^Base64^{PDF}"))


MESSAGES: dict[str, tuple[Callable[[], str], int]] = {"ADT^A28": (a28, 150), "ORU^R01": (oru, 100), "MDM^T02": (mdm, 8)}
"""Name → the maker, and how many a round has."""


def main() -> int:
    """Prints a ratio for each message; exit code 1 when one is under the limit."""
    with server(["-m", "sandbox", "serve", "--port"]) as ours, server(["-m", "benchmarks.bare_soap"]) as bare:
        send(ours, [header("ADT^A28") + "\r" + patient(0)])
        slow = [name for name, (make, size) in MESSAGES.items() if compare(name, make, size, ours, bare) < LIMIT]
    return 1 if slow else 0


def compare(name: str, make: Callable[[], str], size: int, ours: int, bare: int) -> float:
    ratios = []
    for number in range(ROUNDS):
        messages = [make() for _ in range(size)]
        order = (ours, bare) if number % 2 else (bare, ours)
        seconds = {port: send(port, messages) for port in order}
        ratios.append(seconds[bare] / seconds[ours])
    ratio = statistics.median(ratios)
    print(f"{name}: {ratio:.2f} x the rate of a bare route that opens and parses it (limit {LIMIT} x)")
    return ratio


def send(port: int, messages: list[str]) -> float:
    """Seconds for all of them over one connection; each must be accepted."""
    bodies = [ENVELOPE.format(message).encode() for message in messages]
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.connect()
    started = time.perf_counter()
    for body in bodies:
        connection.request("POST", "/services/hl7", body, HEADERS)
        answer = connection.getresponse().read()
        if b"MSA|AA|" not in answer:
            raise SystemExit(answer.decode())
    duration = time.perf_counter() - started
    connection.close()
    return duration


@contextmanager
def server(arguments: list[str]) -> Iterator[int]:
    """A server on the first core that this process may use; gives its port."""
    core = min(os.sched_getaffinity(0))
    port = free_port()
    command = [sys.executable, *arguments, str(port)]
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )
    try:
        PROCESSES[port] = process.pid
        wait_until_ready(f"http://127.0.0.1:{port}/_sandbox/health/ready", time.perf_counter())
        yield port
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    sys.exit(main())
