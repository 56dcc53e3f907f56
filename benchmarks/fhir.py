"""Reads and pages of a Customer endpoint against a bare route that sends the same bytes: `python -m benchmarks.fhir`

Both servers run at once on one core and are asked in turn over keep-alive sockets by a client that does little.
Then a transaction of 5,000 entries is sent, and small requests meanwhile: how long they take is printed.
"""

from __future__ import annotations

import http.client
import json
import statistics
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

from benchmarks.messages import server

ROUNDS, BATCH = 21, 150
LIMITS = {"read": ("/Patient/p1", 0.7), "page": ("/Patient?_count=50", 0.5)}
"""What is asked → its address, and the least ratio of rates."""

ROOT = "/customer/northmoor-r4/fhir"
FORM = {"grant_type": "client_credentials", "client_id": "northmoor-fhir", "client_secret": "northmoor-Secret-2026"}
Json = dict[str, Any]


def main() -> int:
    """Prints the ratios; exit code 1 when one is below its limit."""
    with server(["-m", "sandbox", "serve", "--port"]) as port, TemporaryDirectory() as folder:
        headers = stocked(port)
        for name, (address, _) in LIMITS.items():
            Path(folder, name).write_bytes(ask(http.client.HTTPConnection("127.0.0.1", port), ROOT + address, headers))
        with server(["-m", "benchmarks.bare_bytes", folder]) as bare:
            ratios = {name: compare(port, ROOT + address, bare, name, headers) for name, (address, _) in LIMITS.items()}
        beside_a_large_bundle(port, headers)
    for name, ratio in ratios.items():
        print(f"{name}: {ratio:.2f} x the rate of a bare route that sends the same bytes (limit {LIMITS[name][1]} x)")
    return 0 if all(ratio >= LIMITS[name][1] for name, ratio in ratios.items()) else 1


def patient(number: int) -> Json:
    return {
        "resourceType": "Patient",
        "id": f"p{number}",
        "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": f"999{number:07}"}],
        "name": [{"family": f"Family{number}", "given": ["Synthetic", "Person"]}],
        "address": [{"line": ["1 Mill Yard"], "city": "Leeds", "postalCode": "LS0 0ZZ"}],
        "gender": "female",
        "birthDate": "1970-01-02",
    }


def large_patient(number: int) -> Json:
    """A Patient of 5 KB, with many numbers, names and addresses."""
    name = {"family": "Khatun", "given": ["Rina", "Lee"], "period": {"start": "2020-01-01"}}
    telecom = {"system": "phone", "value": "07700900111"}
    numbers = [
        {"system": f"urn:x{place}", "value": f"n{number}-{place}", "type": {"text": "local number " * 5}}
        for place in range(15)
    ]
    return {
        **patient(number),
        "identifier": numbers,
        "name": [name] * 10,
        "telecom": [telecom] * 10,
        "address": [{"line": ["2 Mill Yard"], "city": "Leeds", "postalCode": "LS0 0ZZ"}] * 10,
        "contact": [{"name": name, "telecom": [telecom]}] * 10,
    }


def stocked(port: int) -> dict[str, str]:
    """Puts 60 patients to an endpoint; gives the headers that it is asked with."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    path = "/auth/realms/pkb/protocol/openid-connect/token"
    connection.request("POST", path, urlencode(FORM), {"Content-Type": "application/x-www-form-urlencoded"})
    token = json.loads(connection.getresponse().read())["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    entries = [entry(f"Patient/p{number}", patient(number)) for number in range(60)]
    send_bundle(port, entries, headers)
    return headers


def entry(url: str, resource: Json) -> Json:
    return {"request": {"method": "PUT", "url": url}, "resource": resource}


def send_bundle(port: int, entries: list[Json], headers: dict[str, str]) -> float:
    """Seconds that a transaction takes."""
    body = json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}).encode()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    started = time.perf_counter()
    connection.request("POST", ROOT, body, headers)
    answer = connection.getresponse()
    if answer.status != 200:
        raise SystemExit(answer.read().decode()[:500])
    answer.read()
    return time.perf_counter() - started


def ask(connection: http.client.HTTPConnection, address: str, headers: dict[str, str]) -> bytes:
    connection.request("GET", address, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise SystemExit(body.decode()[:500])
    return body


def compare(port: int, address: str, bare: int, name: str, headers: dict[str, str]) -> float:
    """The sandbox's rate, that of the bare route being 1."""
    ratios = []
    for number in range(ROUNDS):
        order = [(port, address), (bare, f"/{name}")]
        seconds = {where: seconds_taken(where, path, headers) for where, path in (order if number % 2 else order[::-1])}
        ratios.append(seconds[bare] / seconds[port])
    return statistics.median(ratios)


def seconds_taken(port: int, path: str, headers: dict[str, str]) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.connect()
    started = time.perf_counter()
    for _ in range(BATCH):
        ask(connection, path, headers)
    seconds = time.perf_counter() - started
    connection.close()
    return seconds


def beside_a_large_bundle(port: int, headers: dict[str, str]) -> None:
    """Sends 5,000 entries, and prints how long a small read takes meanwhile."""
    observed = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "valueInteger": 1}
    entries = [entry(f"Observation/o{number}", observed) for number in range(5000)]
    whole: list[float] = []
    sending = threading.Thread(target=lambda: whole.append(send_bundle(port, entries, headers)))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    sending.start()
    waits = []
    while sending.is_alive():
        started = time.perf_counter()
        ask(connection, f"{ROOT}/Patient/p1", headers)
        waits.append(time.perf_counter() - started)
    waits.sort()
    middle = statistics.median(waits)
    print(
        f"5,000 entries in {whole[0]:.1f} s; {len(waits)} reads meanwhile took {middle * 1000:.0f} ms in the middle,"
        f" {waits[-1] * 1000:.0f} ms at most"
    )


if __name__ == "__main__":
    sys.exit(main())
