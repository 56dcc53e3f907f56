"""Search at 100,000 stored resources against 1,000, and pages against a bare server. `python -m benchmarks.search`

Writing and finding by identifier are timed on the store alone; a read and a page of 50 go over keep-alive sockets, in
turns with a bare Starlette route that sends the same bytes.
"""

from __future__ import annotations

import gc
import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from benchmarks.messages import server
from sandbox.fhir.base import capability
from sandbox.fhir.search import StoreView, search, values_of
from sandbox.model import Resource
from sandbox.store import Store

Json = dict[str, Any]
SMALL, LARGE, BATCH, TURNS = 1_000, 100_000, 50, 41
FIRST = 9_990_000_000
NHS = "https://fhir.nhs.uk/Id/nhs-number"
AT = datetime(2026, 1, 1, tzinfo=UTC)
LIMITS = {"create": 0.8, "search by identifier": 0.8, "read": 0.7, "page of 50": 0.5}
"""What is measured → the least ratio that it must keep."""


def main() -> int:
    """Prints the ratios; exit code 1 when one is below its limit."""
    ratios = {**at_both_sizes(), **against_bare()}
    for name, ratio in ratios.items():
        print(f"{name}: {ratio:.2f} x (at least {LIMITS[name]} x)")
    return 0 if all(ratio >= LIMITS[name] for name, ratio in ratios.items()) else 1


def patient(number: int) -> Json:
    return {
        "resourceType": "Patient",
        "id": f"p{number}",
        "meta": {"versionId": str(number), "lastUpdated": "2026-01-01T00:00:00.000000Z"},
        "identifier": [{"system": NHS, "value": str(FIRST + number)}],
        "name": [{"family": f"Family{number % 5000}", "given": ["Synthetic"]}],
        "gender": "female" if number % 2 else "male",
        "birthDate": f"{1930 + number % 90}-{1 + number % 12:02}-{1 + number % 28:02}",
    }


class Stock:
    """A store with so many patients, to write to and to search in."""

    def __init__(self, size: int) -> None:
        offered = {type_: capabilities.search for type_, capabilities in capability.load("customer_r4").types.items()}
        self.store = Store()
        self.view = StoreView(
            store=self.store, endpoint="e", release="r4", base="http://x/fhir", now=AT, offered=offered
        )
        self.size = 0
        while self.size < size:
            self.create()

    def create(self) -> None:
        content = patient(self.size)
        resource = Resource(
            endpoint="e",
            type="Patient",
            logical_id=content["id"],
            version=self.size,
            created_at=AT,
            updated_at=AT,
            method="PUT",
            text=json.dumps(content),
            values=values_of("r4", content),
        )
        self.store.put(resource)
        self.size += 1

    def find(self) -> None:
        value = FIRST + time.perf_counter_ns() % self.size
        assert search(self.view, "Patient", [("identifier", f"{NHS}|{value}")]).total == 1


def at_both_sizes() -> dict[str, float]:
    """The rates at 100,000 resources, those at 1,000 being 1: medians of turns."""
    small, large = Stock(SMALL), Stock(LARGE)
    gc.collect()
    gc.disable()
    ratios = {
        "create": turns(small.create, large.create),
        "search by identifier": turns(small.find, large.find),
    }
    gc.enable()
    return ratios


def turns(small: Callable[[], object], large: Callable[[], object]) -> float:
    ratios = []
    for number in range(TURNS):
        order = (small, large) if number % 2 else (large, small)
        seconds = {act: batch(act) for act in order}
        ratios.append(seconds[small] / seconds[large])
    return statistics.median(ratios)


def batch(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    for _ in range(BATCH):
        act()
    return time.perf_counter() - started


def against_bare() -> dict[str, float]:
    """A read, and a page of 50, against a bare route that sends the same bytes."""
    with server(["-m", "sandbox", "serve", "--port"]) as port, TemporaryDirectory() as folder:
        endpoint = stocked(f"http://127.0.0.1:{port}")
        for name, (address, headers) in endpoint.items():
            with httpx.Client(headers=headers) as client:
                Path(folder, name.split()[0]).write_bytes(client.get(address).raise_for_status().content)
        with server(["-m", "benchmarks.bare_bytes", folder]) as bare:
            return {
                name: in_turns(address, headers, f"http://127.0.0.1:{bare}/{name.split()[0]}")
                for name, (address, headers) in endpoint.items()
            }


def stocked(base: str) -> dict[str, tuple[str, dict[str, str]]]:
    """Puts 60 patients to the first Customer endpoint: what is measured → where it is asked, with which headers."""
    with httpx.Client(timeout=30) as client:
        listed = client.get(f"{base}/_sandbox/credentials").json()["credentials"]
        credential = next(
            credential
            for credential in listed
            if credential["kind"] == "customer-system-client" and credential["endpoints"]
        )
        form = {key: credential[key] for key in ("client_id", "client_secret")}
        issuer = f"{base}/auth/realms/pkb/protocol/openid-connect/token"
        token = client.post(issuer, data={"grant_type": "client_credentials", **form}).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        endpoint = f"{base}/customer/{credential['endpoints'][0]}/fhir"
        for number in range(60):
            content = {key: value for key, value in patient(number).items() if key != "meta"}
            client.put(f"{endpoint}/Patient/p{number}", json=content, headers=headers).raise_for_status()
    return {"read": (f"{endpoint}/Patient/p1", headers), "page of 50": (f"{endpoint}/Patient?_count=50", headers)}


def in_turns(address: str, headers: dict[str, str], bare: str) -> float:
    """The sandbox's rate, that of the bare route being 1: the median of turns, one connection each."""
    ratios = []
    with httpx.Client(headers=headers) as client:
        for number in range(TURNS):
            order = (address, bare) if number % 2 else (bare, address)
            seconds = {address: seconds_taken(client, address) for address in order}
            ratios.append(seconds[bare] / seconds[address])
    return statistics.median(ratios)


def seconds_taken(client: httpx.Client, address: str) -> float:
    return batch(lambda: client.get(address).raise_for_status())


if __name__ == "__main__":
    sys.exit(main())
