"""The application's own cost of a request, without sockets: `python -m benchmarks.in_process --against FOLDER`

FOLDER is another checkout with a `.venv` of its own. A process for each checkout calls its ASGI application; the two
take turns, so that whatever else the machine does hits both. What counts is the processor time of each process: the
least over the rounds. The figures are ratios, ours to the other's; without `--against` they are microseconds.
"""

from __future__ import annotations

import argparse
import json
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks.fhir import FORM, entry, large_patient
from benchmarks.fhir import patient as fhir_patient
from benchmarks.messages import ENVELOPE, HEADERS, MESSAGES, NUMBERS, header, oru, patient

ROOT = Path(__file__).parent.parent
ROUNDS = 100
LIMITS = {
    "ADT^A28": (1.0, 10),
    "ORU^R01": (1.0, 4),
    "MDM^T02": (1.0, 1),
    "facade read": (0.5, 40),
    "facade page": (1.0, 6),
    "customer read": (1.0, 40),
    "customer create": (1.0, 8),
    "customer create of 5 KB": (1.0, 3),
    "aggregated search": (1.0, 15),
    "token": (1.0, 8),
}
"""What is asked → the limit of the ratio, and how many requests a round has: a few milliseconds of them."""

NORTHMOOR = "ab0469a5-c2ba-4ff7-b9d4-9080df2db07e"
TOKENS, REALM = "/api/oauth/token", "/auth/realms/pkb/protocol/openid-connect/token"
CUSTOMER = "/customer/northmoor-r4/fhir"
LABORATORY = "http://fhir.patientsknowbest.com/codesystem/observation-category%7CLABORATORY"
TYPE_OF_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
FHIR_JSON = {"Content-Type": "application/fhir+json"}
Request = tuple[dict[str, Any], bytes]
"""The part of an ASGI scope that differs from request to request, and the body."""

Maker = Callable[[], Request]


def main() -> int:
    """Prints a line for each kind of request; exit code 1 when a ratio is over its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, help="the other checkout")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", choices=LIMITS, action="append")
    arguments = parser.parse_args()
    trees = [ROOT, *([arguments.against.resolve()] if arguments.against else [])]
    workers = [Worker(tree) for tree in trees]
    names = arguments.only or list(LIMITS)
    seconds = least_seconds(workers, names, arguments.rounds)
    for worker in workers:
        worker.stop()
    return report(seconds, names)


def least_seconds(workers: list[Worker], names: Iterable[str], rounds: int) -> list[dict[str, float]]:
    """For each worker the least processor time of one request of each kind."""
    makers = [requests_of(worker) for worker in workers]
    seconds: list[dict[str, float]] = [{} for _ in workers]
    for number in range(rounds):
        for name in names:
            order = range(len(workers)) if number % 2 else reversed(range(len(workers)))
            for at in order:
                size = LIMITS[name][1]
                mean = workers[at].seconds([makers[at][name]() for _ in range(size)]) / size
                seconds[at][name] = min(seconds[at].get(name, mean), mean)
    return seconds


def report(seconds: list[dict[str, float]], names: Iterable[str]) -> int:
    """Prints what was measured, and says with 1 that something is slower than allowed."""
    ours, *others = seconds
    if not others:
        for name in names:
            print(f"{name}: {ours[name] * 1e6:.0f} µs of processor time")
        return 0
    ratios: Mapping[str, float] = {name: ours[name] / others[0][name] for name in names}
    for name, ratio in ratios.items():
        print(f"{name}: {ratio:.2f} x the other's processor time (limit {LIMITS[name][0]} x)")
    return 1 if any(ratio > LIMITS[name][0] for name, ratio in ratios.items()) else 0


class Worker:
    """A process that calls the application of one checkout."""

    def __init__(self, tree: Path) -> None:
        command = [str(tree / ".venv/bin/python"), "-P", str(ROOT / "benchmarks/in_process_worker.py")]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tree)

    def seconds(self, requests: list[Request]) -> float:
        """The processor time of some requests; each must be answered as it should."""
        seconds, answers = self._send(requests)
        for request, (status, _, body) in zip(requests, answers, strict=True):
            if status not in (200, 201) or (b"acceptMessage" in request[1] and b"MSA|AA|" not in body):
                raise SystemExit(f"{request[0]['path']}: {status} {body[:500]!r}")
        return seconds

    def body(self, request: Request) -> bytes:
        """The body of one answer."""
        return self._send([request])[1][0][2]

    def _send(self, requests: list[Request]) -> tuple[float, list[tuple[int, list[tuple[bytes, bytes]], bytes]]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        pickle.dump(requests, self._process.stdin)
        self._process.stdin.flush()
        answered: tuple[float, list[tuple[int, list[tuple[bytes, bytes]], bytes]]]
        answered = pickle.load(self._process.stdout)
        return answered

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def requests_of(worker: Worker) -> dict[str, Maker]:
    """What is asked → the maker of a request, once the world of a worker holds what is asked for.

    Pages are about another patient than the messages that are measured, whose record grows.
    """
    entries = [entry(f"Patient/p{number}", fhir_patient(number)) for number in range(60)]
    bundle = json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}).encode()
    customer = bearer(worker, REALM, "northmoor-fhir")
    facade = {**bearer(worker, TOKENS, "letterbox-facade"), "X-Org-Public-Id": NORTHMOOR}
    worker.seconds([soap(header("ADT^A28") + "\r" + patient(number)) for number in (0, 1)])
    worker.seconds([soap(oru(1)) for _ in range(3)])
    worker.seconds([request("POST", CUSTOMER, customer, bundle)])
    patients = json.loads(worker.body(request("GET", "/_sandbox/world", {})))["patients"]
    number = next(row["id"] for row in patients if any(i["value"] == "B000001" for i in row["identifiers"]))
    page = f"/fhir/Observation?patient={number}&category={LABORATORY}&_count=50"
    search = "/aggregated/fhir/Patient?identifier=9990000001"
    return {
        "facade read": lambda: request("GET", f"/fhir/Patient/{number}", facade),
        "facade page": lambda: request("GET", page, facade),
        "customer read": lambda: request("GET", f"{CUSTOMER}/Patient/p1", customer),
        "customer create": lambda: request("POST", f"{CUSTOMER}/Patient", {**customer, **FHIR_JSON}, new_patient()),
        "customer create of 5 KB": lambda: request(
            "POST",
            f"{CUSTOMER}/Patient",
            {**customer, **FHIR_JSON},
            json.dumps(large_patient(1000 + next(NUMBERS))).encode(),
        ),
        "aggregated search": lambda: request("GET", search, customer),
        "token": lambda: request("POST", REALM, TYPE_OF_FORM, urlencode(FORM).encode()),
        **{name: sender(make) for name, (make, _) in MESSAGES.items()},
    }


def bearer(worker: Worker, path: str, client: str) -> dict[str, str]:
    """The header with a new token of a client."""
    rows = json.loads(worker.body(request("GET", "/_sandbox/credentials", {})))["credentials"]
    secret = next(row["client_secret"] for row in rows if row.get("client_id") == client)
    form = urlencode({"grant_type": "client_credentials", "client_id": client, "client_secret": secret}).encode()
    token = json.loads(worker.body(request("POST", path, TYPE_OF_FORM, form)))["access_token"]
    return {"Authorization": f"Bearer {token}"}


def new_patient() -> bytes:
    """A Patient with another id and number each time."""
    return json.dumps(fhir_patient(1000 + next(NUMBERS))).encode()


def sender(make: Callable[[], str]) -> Maker:
    return lambda: soap(make())


def soap(message: str) -> Request:
    return request("POST", "/services/hl7", HEADERS, ENVELOPE.format(message).encode())


def request(method: str, address: str, headers: dict[str, str], body: bytes = b"") -> Request:
    """A request as uvicorn gives it to an application."""
    path, _, query = address.partition("?")
    sent_headers = {"Host": "127.0.0.1:8080", **headers, **({"Content-Length": str(len(body))} if body else {})}
    head = {
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), text.encode()) for name, text in sent_headers.items()],
    }
    return head, body


if __name__ == "__main__":
    sys.exit(main())
