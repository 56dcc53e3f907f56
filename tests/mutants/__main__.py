"""Prints which sampled faults no test notices: `python -m tests.mutants --sample 60 --seed 1 [--room rest]`."""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.mutants import fresh
from tests.mutants.choosing import below_root, choose_tests, is_run, of_room
from tests.mutants.coverage_of_tests import NOT_MEASURED, ROOT, Lines, measure
from tests.mutants.equivalent import is_equivalent
from tests.mutants.sites import Mutant, mutants
from tests.mutants.warm import Warm

FRESH_TESTS = 300
"""Tests that a fresh process runs at most, for a fault that no test noticed in living code."""
WHOLE_ROOM = 3
"""How many times as long all tests of a room may take as those of one line."""


def main() -> int:
    """Measures if need be, samples, runs and prints. Exit code 1 when 5 % or more of the faults survive."""
    options = _options()
    os.environ["CI"] = "1"  # so that generated examples are the same with a fault and without it
    sys.dont_write_bytecode = True
    folder = Path(options.coverage)
    measure(folder)
    lines = Lines(folder)
    sampled = sample(lines, options.sample, options.seed, options.room or ())
    survivors: list[Mutant] = []
    ignored = [f"--ignore=tests/{name}" for name in NOT_MEASURED]
    arguments = ["tests", "-q", "-s", "--no-header", "--no-summary", *ignored]
    work = Warm(lambda warm: survivors.extend(_survivors(warm, sampled, lines, options.seconds)))
    if pytest.main(arguments, plugins=[work]) not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        return 2
    for mutant in survivors:
        print(f"survived  {below_root(mutant)}:{mutant.line}  {mutant.before}  →  {mutant.after}")
    share = len(survivors) / max(len(sampled), 1)
    print(f"{len(survivors)} of {len(sampled)} faults survived: {share:.1%}")
    return 1 if share >= 0.05 else 0


def sample(lines: Lines, size: int, seed: int, chosen: Sequence[str] = ()) -> list[Mutant]:
    """Faults on lines that a test runs, about equally many per room, the same for the same seed.

    `chosen` names rooms; empty for all.
    """
    rooms: dict[str, list[Mutant]] = defaultdict(list)
    for file in sorted((ROOT / "sandbox").rglob("*.py")):
        name = file.relative_to(ROOT).parts[1]
        if not chosen or name in chosen:
            rooms[name] += [mutant for mutant in mutants(file) if is_run(mutant, lines) and not is_equivalent(mutant)]
    chance = random.Random(seed)
    for faults in rooms.values():
        chance.shuffle(faults)
    sampled: list[Mutant] = []
    while len(sampled) < size and any(rooms.values()):
        for faults in rooms.values():
            if faults and len(sampled) < size:
                sampled.append(faults.pop())
    return sampled


def _survivors(warm: Warm, sampled: list[Mutant], lines: Lines, seconds: float) -> list[Mutant]:
    """The faults that no test notices, in the order of the sample."""
    survivors = []
    for number, mutant in enumerate(sampled, 1):
        began = time.monotonic()
        tests = choose_tests(mutant, lines, warm.ids)
        verdict = warm.test(mutant, tests, seconds)
        noticed_by = verdict.noticed_by
        if not noticed_by:
            # Living code misses what ran once before: at import, while tests were collected, or in a first use.
            noticed_by = fresh.noticed(mutant, tests[:FRESH_TESTS], seconds)
        if not noticed_by:
            # What is kept in the process, such as a cached property, ran in other tests of the room than were recorded.
            noticed_by = fresh.noticed(mutant, of_room(mutant, warm.ids), WHOLE_ROOM * seconds)
        if not noticed_by:
            survivors.append(mutant)
        fate = f"noticed by {noticed_by}" if noticed_by else f"survived {verdict.ran} of {len(tests)} tests: "
        fault = "" if noticed_by else f"{mutant.before} → {mutant.after}"
        took = f"{time.monotonic() - began:.0f} s"
        print(f"{number:4d}/{len(sampled)}  {below_root(mutant)}:{mutant.line}  {fate}{fault}  ({took})", flush=True)
    return survivors


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--sample", type=int, default=60, help="number of faults (default 60)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed samples the same faults (default 1)")
    parser.add_argument("--room", action="append", help="only this folder or module of sandbox/; repeatable")
    parser.add_argument("--seconds", type=float, default=120, help="limit for the tests of a fault (default 120)")
    parser.add_argument(
        "--coverage",
        default="build/mutants",
        help="folder that holds which test runs which line; measured where it is missing (default build/mutants)",
    )
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
