"""A difference in a world of 20,000 patients against one of 200: `python -m benchmarks.checkpoints`

One datum changed since the checkpoint: in a table that is as small as before, and in that of the patients itself. The
log of changes knows which entities to look at; where it does not, what two states share is recognised by reference,
table by table, then row by row, which costs the more the more rows a changed table has.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace

from benchmarks.store import fill
from sandbox.model import Appointment, Patient
from sandbox.settings import Settings
from sandbox.worlds.workspace import Workspace

SMALL, LARGE = 200, 20_000
LIMIT = 2.0
"""The most that a difference may cost in the large world, in those in the small one."""
ROUNDS = 30
Change = Callable[[Workspace], None]


def main() -> int:
    """Prints the ratios; exit code 1 when one is over its limit."""
    small, large = world(SMALL), world(LARGE)
    failed = False
    for name, change in (("an appointment moved", move), ("a patient's phone changed", call)):
        costs = [[seconds(workspace, change) for workspace in (small, large)] for _ in range(ROUNDS)]
        ratio = statistics.median(later / earlier for earlier, later in costs)
        absolute = statistics.median(later for _, later in costs) * 1000
        print(f"{name}: {ratio:.2f} x in a world of {LARGE:,} (limit {LIMIT} x), {absolute:.2f} ms")
        failed = failed or ratio > LIMIT
    return 1 if failed else 0


def world(patients: int) -> Workspace:
    workspace = Workspace("world", Settings(clock="2026-03-01T12:00:00Z"))
    fill(workspace.store, workspace.ids, patients)
    return workspace


def move(workspace: Workspace) -> None:
    appointment = next(row for row in workspace.store.all(Appointment) if row.start_at is not None)
    workspace.store.put(replace(appointment, location=f"{appointment.location}."))


def call(workspace: Workspace) -> None:
    patient = next(workspace.store.all(Patient))
    workspace.store.put(replace(patient, phone=f"{patient.phone}1"))


def seconds(workspace: Workspace, change: Change) -> float:
    """The time of a difference after one change; the copy that the change itself makes is not part of it."""
    workspace.checkpoints.create("before")
    change(workspace)
    started = time.perf_counter()
    difference = workspace.checkpoints.difference("before")
    ended = time.perf_counter()
    if len(difference.changed) != 1:
        raise SystemExit(f"one entry expected, not {len(difference.changed)}")
    return ended - started


if __name__ == "__main__":
    sys.exit(main())
