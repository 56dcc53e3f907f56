"""What pages of the console cost in a world of 10,000 patients. `python -m benchmarks.console`

Each page is timed in turns with an empty request, over one keep-alive socket. Patients come by ADT^A28. The cost of a
console that nobody opens is that of the start (`benchmarks.startup`) and of requests (`benchmarks.in_process`): nothing
of it is imported before its first page.
"""

from __future__ import annotations

import base64
import http.client
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENTS, TURNS = 10_000, 15
MOST = 60.0
"""Empty requests that a page may take."""
CONSOLE = "/_sandbox/console"
EMPTY = "/_sandbox/health/live"
TOLA = "4c86625f-13d7-423c-93e9-d58574a12dec"
PAGES = (
    "/start",
    "/start?type=partner",
    "/start/cell/partner.facade.read_demographics",
    "/start/credentials",
    "/start/capabilities/hl7",
    "/start/capabilities/facade",
    "/start/hello?type=partner",
    "/patients",
    "/patients?text=Smith",
    "/patients?text=999",
    f"/patients/{TOLA}",
    f"/patients/{TOLA}/doors",
    f"/patients/{TOLA}/access",
    f"/patients/{TOLA}/identifiers",
    f"/patients/{TOLA}/outbox",
    f"/patients/{TOLA}/acts",
    "/traffic",
    "/traffic?api=hl7&text=Smith",
    "/try/hl7",
    "/try/fhir",
    "/try/rest",
    "/bench",
    "/bench/clock",
    "/bench/faults",
    "/bench/checkpoints",
    "/bench/held",
    "/bench/outbox",
    "/bench/workspaces",
    "/fidelity",
    "/fidelity/traffic",
    "/docs",
    "/docs/hl7",
)
MESSAGE = (
    "MSH|^~\\&|PAS|NORTHMOOR|HL7API|PKB|20260310101500||ADT^A28|{number}|P|2.4\r"
    "PID|||LOC{number}^^^NORTHMOOR^MR||Smith{number}^Anna||19800101|F\rZTM|northmoor_default\r"
)
ENVELOPE = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:wss="http://wsssl.hl7api.patientsknowbest.com/"><soapenv:Body>'
    "<wss:acceptMessage><arg0>{}</arg0></wss:acceptMessage></soapenv:Body></soapenv:Envelope>"
)


def main() -> int:
    """Print the ratio of each page, the slowest first; exit code 1 when one is over the limit."""
    with server() as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        fill(connection)
        ratios = {page: compare(connection, page) for page in PAGES}
    for page, ratio in sorted(ratios.items(), key=lambda row: -row[1]):
        print(f"{ratio:6.1f} x an empty request  {page}")
    print(f"with {PATIENTS:,} patients, at most {MOST:g} x")
    return 0 if max(ratios.values()) <= MOST else 1


@contextmanager
def server() -> Iterator[int]:
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready"
        command = [sys.executable, "-m", "sandbox", "serve", "--port", "0", "--ready-file", str(ready)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while process.poll() is None and not (ready.is_file() and ready.read_text(encoding="utf-8")):
                time.sleep(0.1)
            yield int(ready.read_text(encoding="utf-8").strip().rpartition(":")[2])
        finally:
            process.terminate()
            process.wait()


def fill(connection: http.client.HTTPConnection) -> None:
    """Register the patients."""
    basic = base64.b64encode(b"org_northmoor:northmoor-Hl7-2026").decode()
    headers = {"Content-Type": "text/xml", "Authorization": f"Basic {basic}"}
    for number in range(PATIENTS):
        message = MESSAGE.format(number=number).replace("&", "&amp;").replace("\r", "&#13;")
        connection.request("POST", "/services/hl7", ENVELOPE.format(message), headers)
        response = connection.getresponse().read()
        if b"MSA|AA" not in response:
            raise SystemExit(f"message {number} was refused: {response.decode()}")


def compare(connection: http.client.HTTPConnection, page: str) -> float:
    """Return the median time of a page by the median time of an empty request, once both are warm."""
    times: dict[str, list[float]] = {EMPTY: [], CONSOLE + page: []}
    for turn in range(TURNS + 1):
        for path, durations in times.items():
            start = time.perf_counter()
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
            if response.status != 200:
                raise SystemExit(f"{path} answered {response.status}")
            if turn:
                durations.append(time.perf_counter() - start)
    empty, own = (statistics.median(durations) for durations in times.values())
    return own / empty


if __name__ == "__main__":
    sys.exit(main())
