"""The requests of `benchmarks.latency` to a world of 10,000 patients with a full journal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.large import a28
from benchmarks.latency_client import CONTROL, Client
from benchmarks.latency_legal import Prepare
from benchmarks.messages import send

PATIENTS = 10_000
"""Patients, each of an exchange of its own: as many as a journal keeps."""
BATCH = 500


def _fill(client: Client) -> None:
    """Register the patients, unless that was done before."""
    if client.is_full:
        return
    for start in range(0, PATIENTS, BATCH):
        send(client.port, [a28(number) for number in range(start, start + BATCH)])
    client.is_full = True


def _full(path: str, method: str = "GET", body: Any = None, **headers: str) -> Prepare:
    def prepare(client: Client) -> Callable[[], str]:
        _fill(client)
        return lambda: client.ask(method, CONTROL + path, body, **headers)

    return prepare


def _restore(client: Client) -> Callable[[], str]:
    _fill(client)
    client.ask("POST", f"{CONTROL}/checkpoints", {"name": "full"})
    return lambda: client.ask("POST", f"{CONTROL}/checkpoints/full/restore", {})


FULL: dict[str, Prepare] = {
    "full: world": _full("/world"),
    "full: credentials": _full("/credentials"),
    "full: journal": _full("/exchanges?limit=100000"),
    "full: journal of one client": _full("/exchanges?client=nobody"),
    "full: journal as HAR": _full("/exchanges.har"),
    "full: journal as HL7": _full("/exchanges.hl7"),
    "full: report": _full("/report"),
    "full: report as HTML": _full("/report", Accept="text/html"),
    "full: verify": _full("/verify", "POST", {}),
    "full: metrics": _full("/metrics"),
    "full: outbox": _full("/outbox"),
    "full: console, patients": _full("/console/patients?q=999"),
    "full: console, patients again": _full("/console/patients?q=khatun"),
    "full: console, traffic": _full("/console/traffic?text=none1"),
    "full: checkpoint": _full("/checkpoints", "POST", {"name": "first"}),
    "full: checkpoint diff": _full("/checkpoints/first/diff"),
    "full: restore": _restore,
    "full: workspace": _full("/workspaces", "POST", {"name": "beside"}),
    "full: reset": _full("/reset", "POST", {}),
}
"""What is sent → how to prepare it."""
