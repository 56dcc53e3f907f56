"""The sandbox against other servers: against those that send a file, and against a FHIR server in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import load
from benchmarks import peers as others
from benchmarks.fhir import large_patient, patient
from benchmarks.figures import Figure, Run
from benchmarks.load import Load
from benchmarks.peers import FILE_SERVERS, MEDPLUM, Peer
from benchmarks.stage import CUSTOMER, Stage, ask, stage

PART = "Other servers, for a second of processor time, 16 connections"
WARM_UP, QUICK_WARM_UP = 10, 3
"""Seconds of requests before any is counted: Java and JavaScript are compiled while they run."""
ASKED = {"facade-read": "Facade: read", "facade-search": "Facade: search"}
STOCK = 1_000
"""Number of patients of Medplum and of the Customer endpoint for creates and searches."""
AHEAD = frozenset({"Mockoon 9.9.0", "Prism 5.16.0"})
"""Peers that the sandbox shall be ahead of."""
TYPE = {"Content-Type": "application/fhir+json"}


def figures(run: Run) -> Iterator[Figure]:
    if not load.is_at_hand() or run.peers is None:
        run.skipped.append("other servers: wrk is not installed")
        return
    missing = {peer.name: reason for peer in (*FILE_SERVERS, MEDPLUM) if (reason := others.why_not(peer))}
    run.skipped.extend(missing.values())
    present = tuple(peer for peer in (*FILE_SERVERS, MEDPLUM) if peer.name not in missing)
    if not present:
        return
    others.install(run.peers, present)
    for peer in present:
        with stage() as staged:  # one for each: tokens of a Customer live for five minutes
            measure = _fhir_server if peer is MEDPLUM else _file_server
            yield from measure(staged, peer, run, run.peers)


def _file_server(staged: Stage, peer: Peer, run: Run, installed: Path) -> Iterator[Figure]:
    bodies = {f"/{name}": (staged.folder / name).read_bytes() for name in ASKED}
    with TemporaryDirectory() as folder, others.running(peer, installed, Path(folder), bodies, "/facade-read") as port:
        for name, text in ASKED.items():
            loads = {"ours": staged.reads[name], "peer": Load(port=port, path=f"/{name}")}
            yield _figure(text, peer, _warm_rates(loads, run), 1.0 if peer.name in AHEAD else None)


def _fhir_server(staged: Stage, peer: Peer, run: Run, installed: Path) -> Iterator[Figure]:
    ours = (staged.port, CUSTOMER, staged.customer)
    with (
        TemporaryDirectory() as folder,
        others.running(peer, installed, Path(folder), {}, "/Patient?_count=1") as port,
    ):
        places = {"ours": ours, "peer": (port, "", {})}
        for where in places.values():
            _stock(*where)
        # Searches first: creates go on adding patients.
        address = "/Patient?identifier=https://fhir.nhs.uk/Id/nhs-number%7C9990000500"
        searches = {
            name: Load(port=to, path=f"{base}{address}", headers=headers)
            for name, (to, base, headers) in places.items()
        }
        yield _figure(f"Customer: search among {STOCK:,}", peer, _warm_rates(searches, run), 1.0)
        small = {**patient(1), "identifier": [{"system": "urn:x", "value": "n%d"}]}
        for name, content in (("Customer: create", small), ("Customer: create of 5 KB", large_patient(1))):
            yield _figure(name, peer, _warm_rates(_creates(places, content), run), 1.0)


def _creates(places: Mapping[str, tuple[int, str, dict[str, str]]], content: dict[str, Any]) -> dict[str, Load]:
    body = json.dumps({name: value for name, value in content.items() if name != "id"})
    return {
        name: Load(port=port, path=f"{base}/Patient", headers={**headers, **TYPE}, method="POST", body=body)
        for name, (port, base, headers) in places.items()
    }


def _stock(port: int, base: str, headers: Mapping[str, str]) -> None:
    for number in range(STOCK):
        content = {name: value for name, value in patient(number).items() if name != "id"}
        ask(port, "POST", f"{base}/Patient", {**headers, **TYPE}, json.dumps(content).encode())


def _warm_rates(loads: Mapping[str, Load], run: Run) -> dict[str, load.Rate]:
    load.measured(loads["peer"], QUICK_WARM_UP if run.quick else WARM_UP)
    return load.best(loads, run)


def _figure(name: str, peer: Peer, rates: dict[str, load.Rate], goal: float | None) -> Figure:
    ratio, detail = load.compared(rates, "peer")
    return Figure(part=PART, name=name, ratio=ratio, against=peer.name, goal=goal, detail=detail)
