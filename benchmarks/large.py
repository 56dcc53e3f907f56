"""Large worlds: `python -m benchmarks.large [--patients 100000] [--people 1000]`

Patients are registered by ADT^A28 over one connection. The rate of the last thousand is compared with that of the
second thousand, and memory is what the server has grown by in between, for each patient; its journal is kept short,
because that is bounded anyway.

People are generated as a folder and as a world file; starts from both take turns with starts from the default world.
Ratios are of one run; seconds and megabytes are printed beside them.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure
from benchmarks.messages import header, send, server
from benchmarks.startup import Start, measure

PART = "Large worlds"
THOUSAND = 1_000
BATCH = 100
STARTS, PATIENCE = 3, 600
"""Starts from each world, and the seconds that one may take."""
PATIENT_BYTES = 4096
"""The most that a patient may take."""
NAMES = ("Khatun^Rina^Lee^^Mrs", "Owen^Huw^^^Mr", "Lindqvist^Maja^Eva^^Ms", "Adeyemi^Tola^^^Dr", "Walsh^Ciara^^^Miss")
TOWNS = ("Leeds", "York", "Hull", "Ripon", "Selby", "Otley", "Goole")


def main() -> int:
    """Print the figures; exit code 1 when one misses its goal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=100 * THOUSAND, help="patients by ADT^A28")
    parser.add_argument("--people", type=int, default=THOUSAND, help="generated people")
    arguments = parser.parse_args()
    is_good = True
    for figure in chain(of_messages(arguments.patients), of_starts(arguments.people)):
        goal = figure.goal_text or "no goal"
        print(f"{figure.name}: {figure.ratio:.2f} x {figure.against} ({goal}), {figure.detail}", flush=True)
        is_good = is_good and figure.is_good
    return 0 if is_good else 1


def of_messages(patients: int) -> Iterator[Figure]:
    """Register patients, and compare rate and memory."""
    with server(["-m", "sandbox", "serve", "--journal-exchanges", "100", "--port"]) as port:
        _register(port, range(THOUSAND))
        pid = _process(port)
        before, early = _resident(pid), _register(port, range(THOUSAND, 2 * THOUSAND))
        _register(port, range(2 * THOUSAND, patients - THOUSAND))
        late = _register(port, range(patients - THOUSAND, patients))
        each = (_resident(pid) - before) / (patients - THOUSAND)
    yield Figure(
        part=PART,
        name=f"ADT^A28 at {patients:,} patients",
        ratio=early / late,
        against="the rate at 1,000 patients",
        goal=0.9,
        detail=f"{BATCH / late:,.0f} and {BATCH / early:,.0f} a second",
    )
    yield Figure(
        part=PART,
        name="memory of a patient by ADT^A28",
        ratio=each / PATIENT_BYTES,
        against="4 KB",
        goal=1,
        at_most=True,
        detail=f"{each:,.0f} bytes",
    )


def _register(port: int, numbers: range) -> float:
    """Register patients; return the median of the seconds for `BATCH` of them."""
    batches = [[a28(number) for number in numbers[at : at + BATCH]] for at in range(0, len(numbers), BATCH)]
    return statistics.median([send(port, messages) for messages in batches] or [0.0])


def a28(number: int) -> str:
    name, town = NAMES[number % len(NAMES)], TOWNS[number % len(TOWNS)]
    born = f"{1930 + number % 80}{1 + number % 12:02}{1 + number % 28:02}"
    address = f"{1 + number % 900} Mill Yard^^{town}^^LS0 0ZZ"
    pid = f"PID|||L{number:07}^^^NORTHMOOR^MR||{name}||{born}|F|||{address}||07700900{number % 1000:03}^PRS"
    return "\r".join((header("ADT^A28"), pid, "AL1|1||91936005^Penicillin allergy^SCT|||20190401"))


def _process(port: int) -> int:
    """The id of the process of our own that serves a port."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()
    commands = {pid: Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").split("\0") for pid in children}
    return int(next(pid for pid, command in commands.items() if str(port) in command))


def _resident(pid: int) -> int:
    """Bytes of resident memory."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGESIZE")


def of_starts(people: int) -> Iterator[Figure]:
    """Start from a folder and from a world file of the same people, in turn with the default world."""
    with TemporaryDirectory() as folder:
        worlds = {"default": "default", "folder": f"{folder}/world", "file": f"{folder}/world.sqlite"}
        for name, format_ in (("folder", "folder"), ("file", "sqlite")):
            command = ["generate", "--patients", str(people), "--format", format_, "-o", worlds[name]]
            subprocess.run([sys.executable, "-m", "sandbox", *command], check=True, stdout=subprocess.DEVNULL)
        starts: dict[str, list[Start]] = {name: [] for name in worlds}
        for _ in range(STARTS):
            for name, world in worlds.items():
                command = ["-m", "sandbox", "serve", "--world", world, "--port", "{port}"]
                starts[name].append(measure(command, patience=PATIENCE))
    least = {name: (min(s.ready for s in rows), min(s.memory for s in rows)) for name, rows in starts.items()}
    for name, text in (("file", "a world file"), ("folder", "a folder")):
        seconds, kilobytes = least[name]
        yield Figure(
            part=PART,
            name=f"start from {text} of {people:,} people",
            ratio=seconds / least["default"][0],
            against="a start with the default world",
            at_most=True,
            detail=f"{seconds:.1f} s and {kilobytes / 1024:,.0f} MB",
        )


if __name__ == "__main__":
    sys.exit(main())
