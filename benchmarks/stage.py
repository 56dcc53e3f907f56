"""A sandbox with something to ask for, and the bytes that it answers: what the parts of the table share."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

from benchmarks import fhir
from benchmarks.load import Load
from benchmarks.messages import ENVELOPE, HEADERS, header, oru, patient, server

NORTHMOOR = "ab0469a5-c2ba-4ff7-b9d4-9080df2db07e"
TOKENS, REALM = "/api/oauth/token", "/auth/realms/pkb/protocol/openid-connect/token"
CUSTOMER = "/customer/northmoor-r4/fhir"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
LABORATORY = "http://fhir.patientsknowbest.com/codesystem/observation-category%7CLABORATORY"
PATIENTS = 60


@dataclass(frozen=True, slots=True)
class Stage:
    """A running sandbox: `reads` are its requests by name, `folder` holds what it answers to each, in a file."""

    port: int
    folder: Path
    reads: Mapping[str, Load]
    customer: Mapping[str, str]


@contextmanager
def stage(*options: str) -> Iterator[Stage]:
    """Start a sandbox, and put 60 laboratory results and 60 patients into it."""
    with server(["-m", "sandbox", "serve", *options, "--port"]) as port, TemporaryDirectory() as folder:
        customer = bearer(port, REALM, "northmoor-fhir")
        fill(port, customer)
        reads = requests(port, customer)
        for name, load in reads.items():
            Path(folder, name).write_bytes(ask(port, "GET", load.path, load.headers))
        yield Stage(port, Path(folder), reads, customer)


def fill(port: int, customer: Mapping[str, str]) -> None:
    messages = [f"{header('ADT^A28')}\r{patient(number)}" for number in (0, 1)] + [oru(1) for _ in range(3)]
    for message in messages:
        ask(port, "POST", "/services/hl7", HEADERS, ENVELOPE.format(message).encode())
    entries = [fhir.entry(f"Patient/p{number}", fhir.patient(number)) for number in range(PATIENTS)]
    bundle = json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}).encode()
    ask(port, "POST", CUSTOMER, {**customer, "Content-Type": "application/fhir+json"}, bundle)


def requests(port: int, customer: Mapping[str, str]) -> dict[str, Load]:
    """A read, a page of 50 and a search of each endpoint, by names without blanks."""
    facade = {**bearer(port, TOKENS, "letterbox-facade"), "X-Org-Public-Id": NORTHMOOR}
    patients = json.loads(ask(port, "GET", "/_sandbox/world", {}))["patients"]
    number = next(row["id"] for row in patients if any(i["value"] == "B000001" for i in row["identifiers"]))
    results = f"/fhir/Observation?patient={number}&category={LABORATORY}"
    rows = {
        "facade-read": (f"/fhir/Patient/{number}", facade),
        "facade-page": (f"{results}&_count=50", facade),
        "facade-search": (f"{results}&_count=5", facade),
        "customer-read": (f"{CUSTOMER}/Patient/p1", customer),
        "customer-page": (f"{CUSTOMER}/Patient?_count=50", customer),
        "customer-search": (f"{CUSTOMER}/Patient?identifier=9990000001", customer),
        "aggregated-page": ("/aggregated/fhir/Patient?_count=50", customer),
        "aggregated-search": ("/aggregated/fhir/Patient?identifier=9990000001", customer),
    }
    return {name: Load(port=port, path=path, headers=headers) for name, (path, headers) in rows.items()}


def bearer(port: int, path: str, client: str) -> dict[str, str]:
    """The header with a new token of a client."""
    rows = json.loads(ask(port, "GET", "/_sandbox/credentials", {}))["credentials"]
    secret = next(row["client_secret"] for row in rows if row.get("client_id") == client)
    form = urlencode({"grant_type": "client_credentials", "client_id": client, "client_secret": secret}).encode()
    return {"Authorization": f"Bearer {json.loads(ask(port, 'POST', path, FORM, form))['access_token']}"}


def ask(port: int, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None) -> bytes:
    """The body of an answer. Raises SystemExit for a refusal."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request(method, path, body, dict(headers))
    response = connection.getresponse()
    content = response.read()
    connection.close()
    if response.status >= 300:
        raise SystemExit(f"{method} {path}: {response.status} {content[:500]!r}")
    return content
