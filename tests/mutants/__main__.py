"""Prints which sampled faults no test notices: `python -m tests.mutants --sample 60 --seed 1 [--room rest --near]`."""

from __future__ import annotations

import argparse
import random
import shutil
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from tests.mutants.runs import ROOT, Lines, copy_of_the_project, lines_of, measure, noticed, noticed_near
from tests.mutants.sites import Mutant, mutants


def main() -> int:
    """Samples, runs and prints. Exit code 1 when 5 % or more of the faults survive."""
    options = _options()
    lines = None if options.near else _measured_lines(Path(options.coverage))
    sampled = sample(lines, options.sample, options.seed, options.room)
    survivors = run(sampled, lines, options.jobs, options.seconds)
    for mutant in survivors:
        print(f"survived  {mutant.file.relative_to(ROOT)}:{mutant.line}  {mutant.before}  →  {mutant.after}")
    share = len(survivors) / max(len(sampled), 1)
    print(f"{len(survivors)} of {len(sampled)} faults survived: {share:.1%}")
    return 1 if share >= 0.05 else 0


def _measured_lines(data_file: Path) -> Lines:
    if not data_file.is_file():
        print(f"noting which test runs which line, into {data_file}", flush=True)
        measure(data_file)
    return lines_of(data_file)


def sample(lines: Lines | None, size: int, seed: int, room: str = "") -> list[Mutant]:
    """Faults, about equally many per room, the same for the same seed; with `lines` only on lines that a test runs."""
    rooms: dict[str, list[Mutant]] = defaultdict(list)
    for file in sorted((ROOT / "sandbox").rglob("*.py")):
        below = file.relative_to(ROOT)
        if not room or below.parts[1] == room:
            rooms[below.parts[1]] += [mutant for mutant in mutants(file) if _is_run(mutant, lines)]
    chance = random.Random(seed)
    for faults in rooms.values():
        chance.shuffle(faults)
    sampled: list[Mutant] = []
    while len(sampled) < size and any(rooms.values()):
        for faults in rooms.values():
            if faults and len(sampled) < size:
                sampled.append(faults.pop())
    return sampled


def _is_run(mutant: Mutant, lines: Lines | None) -> bool:
    return lines is None or bool(lines.get(str(mutant.file.relative_to(ROOT)), {}).get(mutant.line))


def run(sampled: list[Mutant], lines: Lines | None, jobs: int, seconds: float) -> list[Mutant]:
    """The faults that survive, in the order of the sample; `jobs` copies of the project are tested side by side."""
    copies: SimpleQueue[Path] = SimpleQueue()
    folders = [copy_of_the_project() for _ in range(jobs)]
    for copy in folders:
        copies.put(copy)

    def tested(numbered: tuple[int, Mutant]) -> Mutant | None:
        number, mutant = numbered
        copy = copies.get()
        try:
            below = mutant.file.relative_to(ROOT)
            test = (
                noticed_near(mutant, copy, seconds)
                if lines is None
                else noticed(mutant, lines[str(below)][mutant.line], copy)
            )
        finally:
            copies.put(copy)
        verdict = f"noticed by {test}" if test else f"survived: {mutant.before} → {mutant.after}"
        print(f"{number:4d}/{len(sampled)}  {below}:{mutant.line}  {verdict}", flush=True)
        return None if test else mutant

    try:
        with ThreadPoolExecutor(jobs) as pool:
            return [mutant for mutant in pool.map(tested, enumerate(sampled, 1)) if mutant is not None]
    finally:
        for copy in folders:
            shutil.rmtree(copy)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--sample", type=int, default=60, help="number of faults (default 60)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed samples the same faults (default 1)")
    parser.add_argument("--room", default="", help="only this folder or module of sandbox/ (default: all)")
    parser.add_argument("--jobs", type=int, default=2, help="copies of the project tested side by side (default 2)")
    parser.add_argument("--near", action="store_true", help="run only the tests that mirror the module")
    parser.add_argument("--seconds", type=float, default=300, help="limit for the near tests of a fault (default 300)")
    parser.add_argument(
        "--coverage", default="build/mutants.coverage", help="file that holds which test runs which line"
    )
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
