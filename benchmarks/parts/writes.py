"""Writes at a Customer endpoint, and worlds that start with many resources."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.fhir import patient
from benchmarks.figures import Figure, Run
from benchmarks.stage import CUSTOMER, ask, stage
from sandbox.synthetic.folder import WorldPlan, write_world_folder

PART = "Writes and generated worlds"
ENTRIES, ROUNDS, QUICK_ROUNDS = 500, 7, 2
FEW, PEOPLE, QUICK_PEOPLE = 10, 200, 60
START = """
import sys, time
started = time.process_time()
from sandbox.server import SandboxServer
SandboxServer(port=0, world=sys.argv[1])
seconds = time.process_time() - started
with open("/proc/self/statm") as pages:
    print(seconds, int(pages.read().split()[1]) * 4096)
"""
Json = dict[str, Any]


def figures(run: Run) -> Iterator[Figure]:
    yield _transaction(QUICK_ROUNDS if run.quick else ROUNDS)
    yield from _generated(QUICK_PEOPLE if run.quick else PEOPLE)


def _transaction(rounds: int) -> Figure:
    """The entries of a transaction against as many single creates, a second."""
    with stage() as staged:
        headers = {**staged.customer, "Content-Type": "application/fhir+json"}
        least = {"single": float("inf"), "bundle": float("inf")}
        for number in range(rounds):
            people = [_new(1_000 + number * 2 * ENTRIES + place) for place in range(2 * ENTRIES)]
            least["single"] = min(least["single"], _creates(staged.port, headers, people[:ENTRIES]))
            least["bundle"] = min(least["bundle"], _bundle(staged.port, headers, people[ENTRIES:]))
    rates = {name: ENTRIES / seconds for name, seconds in least.items()}
    detail = f"{rates['bundle']:,.0f} and {rates['single']:,.0f} resources a second"
    ratio = rates["bundle"] / rates["single"]
    return Figure(
        part=PART, name="Customer: transaction of 500", ratio=ratio, against="single creates", goal=3.0, detail=detail
    )


def _new(number: int) -> Json:
    return {name: value for name, value in patient(number).items() if name != "id"}


def _creates(port: int, headers: Mapping[str, str], people: list[Json]) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.connect()
    started = time.perf_counter()
    for person in people:
        connection.request("POST", f"{CUSTOMER}/Patient", json.dumps(person), dict(headers))
        response = connection.getresponse()
        response.read()
        if response.status != 201:
            raise SystemExit(f"a create is answered with {response.status}")
    seconds = time.perf_counter() - started
    connection.close()
    return seconds


def _bundle(port: int, headers: Mapping[str, str], people: list[Json]) -> float:
    entries = [{"request": {"method": "POST", "url": "Patient"}, "resource": person} for person in people]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    started = time.perf_counter()
    ask(port, "POST", CUSTOMER, headers, json.dumps(bundle).encode())
    return time.perf_counter() - started


def _generated(people: int) -> Iterator[Figure]:
    """What more people add to a start, in time and memory, against only parsing their JSON, and its size."""
    with TemporaryDirectory() as folder:
        few, many = (_world(Path(folder, str(number)), number) for number in (FEW, people))
        seconds, memory = (large - small for large, small in zip(_start(many), _start(few), strict=True))
        parsing, size = (large - small for large, small in zip(_parsed(many), _parsed(few), strict=True))
    name, part = f"World of {people} generated people", PART
    detail = f"{seconds:.2f} s and {parsing:.2f} s of processor time"
    ratio, against = seconds / parsing, "parsing its JSON"
    yield Figure(part=part, name=f"{name}: start", ratio=ratio, against=against, goal=12, at_most=True, detail=detail)
    detail = f"{memory / 2**20:.0f} MB and {size / 2**20:.0f} MB"
    ratio, against = memory / size, "its size"
    yield Figure(part=part, name=f"{name}: memory", ratio=ratio, against=against, goal=4, at_most=True, detail=detail)


def _world(folder: Path, people: int) -> Path:
    write_world_folder(folder, WorldPlan(patients=people, seed=1))
    return folder


def _parsed(world: Path) -> tuple[float, int]:
    """Processor seconds to parse every line of a world, and its size in bytes."""
    started, size = time.process_time(), 0
    for part in world.rglob("*.ndjson"):
        for line in part.read_bytes().splitlines():
            json.loads(line)
            size += len(line)
    return time.process_time() - started, size


def _start(world: Path) -> tuple[float, float]:
    """Processor seconds until a server has a world, and the bytes that it then holds."""
    completed = subprocess.run([sys.executable, "-c", START, str(world)], capture_output=True, check=True, text=True)
    seconds, memory = completed.stdout.split()
    return float(seconds), float(memory)
