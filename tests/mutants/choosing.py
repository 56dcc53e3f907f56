"""Which tests run against a fault, the nearest first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.mutants.coverage_of_tests import ROOT, Lines
from tests.mutants.sites import Mutant

FEW = 30
"""A line that fewer tests run is tested by the nearest other tests too."""
NEAR = 3
"""Nearness of a test in the module's room that shares another word of its path: the room alone is not enough."""


def below_root(mutant: Mutant) -> str:
    return str(mutant.file.relative_to(ROOT))


def is_run(mutant: Mutant, lines: Lines) -> bool:
    return bool(lines.of(below_root(mutant)).get(mutant.line))


def choose_tests(mutant: Mutant, lines: Lines, collected: Sequence[str]) -> list[str]:
    """The tests that run the line, and those of the room that are newer than the measurement."""
    below = below_root(mutant)
    room = Path(below).with_suffix("").parts[1]
    of_line = lines.of(below).get(mutant.line, frozenset())
    newer = {test for test in collected if test not in lines.tests and room in test.partition("::")[0]}
    direct = [test for test in collected if test in of_line or test in newer]
    # A cached function runs its lines once, for whatever test comes first: near tests may depend on it all the same.
    near = [test for test in collected if _nearness(_file(test), below) >= NEAR] if len(direct) < FEW else []
    return _in_order(direct, below) + [test for test in _in_order(near, below) if test not in {*direct}]


def of_room(mutant: Mutant, collected: Sequence[str]) -> list[str]:
    """All tests in the folder of tests, or in the module of tests, that is named after the room."""
    room = Path(below_root(mutant)).with_suffix("").parts[1]
    places = (f"tests/{room}/", f"tests/{room}_", f"tests/test_{room}")
    return [test for test in collected if test.startswith(places)]


def _in_order(chosen: Sequence[str], below: str) -> list[str]:
    """The nearest files of tests first, then those with the fewest tests."""
    counts: dict[str, int] = {}
    for test in chosen:
        counts[_file(test)] = counts.get(_file(test), 0) + 1
    order = sorted(counts, key=lambda file: (-_nearness(file, below), counts[file], file))
    return sorted(chosen, key=lambda test: order.index(_file(test)))


def _file(test: str) -> str:
    return test.partition("::")[0]


def _nearness(test: str, below: str) -> int:
    """How many words of the module's path are in the test's; a test in the mirrored folder is nearer still."""
    path = Path(below).with_suffix("")
    words = sum(word in test for part in path.parts[1:] for word in part.split("_"))
    mirrors = len(Path(test).parts) > 1 and Path(test).parts[1] == path.parts[1]
    return words + mirrors
