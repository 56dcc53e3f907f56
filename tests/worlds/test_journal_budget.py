"""The bounds of the journal: for all worlds together, in bytes that are really kept, the largest world first."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.worlds.exchange import Exchange, Passed
from sandbox.worlds.exchanges import Exchanges
from sandbox.worlds.journal_budget import JournalBudget
from sandbox.worlds.journal_size import fit_to_limits

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PLENTY = 10**9


def exchange(id_: str, body: bytes = b"") -> Exchange:
    return Exchange(id=id_, at=NOW, api="facade", method="POST", path="/", request=Passed.of((), body, ""))


def ids(journal: Exchanges) -> list[str]:
    return [kept.id for kept in journal]


def test_the_number_of_exchanges_is_bounded_and_the_newest_are_kept():
    journal = Exchanges(JournalBudget(exchanges=3, size=PLENTY))
    for number in range(5):
        journal.add(exchange(str(number)))
    assert (ids(journal), journal.dropped) == (["2", "3", "4"], 2)
    assert journal.find("1") is None
    assert journal.find("4") is not None


def test_the_bytes_are_bounded_and_the_newest_are_kept():
    journal = Exchanges(JournalBudget(exchanges=PLENTY, size=10_000))
    for number in range(10):
        journal.add(exchange(str(number), b"x" * 3000))
    assert (ids(journal), journal.dropped) == (["8", "9"], 8)


def test_an_exchange_that_is_larger_than_the_bound_is_kept_alone():
    journal = Exchanges(JournalBudget(exchanges=PLENTY, size=5_000))
    journal.add(exchange("small"))
    journal.add(exchange("large", b"x" * 60_000))
    assert (ids(journal), journal.dropped) == (["large"], 1)


def test_the_world_with_the_most_bytes_drops_first():
    budget = JournalBudget(exchanges=PLENTY, size=22_000)
    large, small, other = (Exchanges(budget) for _ in range(3))
    for number in range(3):
        large.add(exchange(f"large {number}", b"x" * 5000))
        small.add(exchange(f"small {number}"))
    other.add(exchange("other", b"x" * 4000))
    assert ids(large) == ["large 1", "large 2"]
    assert (large.dropped, small.dropped, other.dropped) == (1, 0, 0)


def test_the_newest_exchange_stays_where_another_world_can_drop():
    budget = JournalBudget(exchanges=PLENTY, size=10_000)
    quiet, busy = Exchanges(budget), Exchanges(budget)
    quiet.add(exchange("quiet"))
    busy.add(exchange("busy", b"x" * 50_000))
    assert (ids(quiet), quiet.dropped) == ([], 1)
    assert (ids(busy), busy.dropped) == (["busy"], 0)


def test_a_journal_that_is_emptied_makes_room_for_the_others():
    budget = JournalBudget(exchanges=4, size=PLENTY)
    emptied, other = Exchanges(budget), Exchanges(budget)
    for number in range(3):
        emptied.add(exchange(f"emptied {number}"))
    emptied.clear()
    for number in range(4):
        other.add(exchange(f"other {number}"))
    assert (len(other), other.dropped, budget.exchanges) == (4, 0, 4)
    assert budget.size == other.size


def as_sent(number: int) -> Exchange:
    """An exchange whose every part is long and its own."""

    def text(size: int) -> str:
        return f"{number} {size} ".ljust(size, "x")

    def headers() -> tuple[tuple[bytes, bytes], ...]:
        return tuple((f"x-{number}-{n}".encode(), text(300 + n).encode()) for n in range(10))

    return Exchange(
        id=text(36),
        at=NOW,
        api="hl7",
        method="POST",
        path=text(200),
        query=text(500),
        caller=text(60),
        client="client",
        cell=text(40),
        request=Passed.of(headers(), text(2000).encode(), "text/xml"),
        response=Passed.of(headers(), text(900).encode(), "text/xml"),
        hl7={"type": "ADT^A28", "control_id": str(number), "ack": "AR", "text": text(3000)},
        explanation={"id": "rule", "expected": text(400), "instead": text(800)},
    )


PARTS = {
    "path": {"path": "x" * 10_000},
    "query": {"query": "x" * 10_000},
    "request headers": {"request": Passed.of(((b"a", b"x" * 10_000),), b"", "")},
    "response headers": {"response": Passed.of(((b"a", b"x" * 10_000),), b"", "")},
    "request body": {"request": Passed.of((), b"x" * 10_000, "")},
    "response body": {"response": Passed.of((), b"x" * 10_000, "")},
    "acknowledgement": {"hl7": {"ack": "AA", "text": "x" * 10_000}},
    "explanation": {"explanation": {"id": "rule", "expected": "x" * 10_000}},
}


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_every_part_of_an_exchange_counts(part: dict[str, Any]):
    plain: dict[str, Any] = {"id": "1", "at": NOW, "api": "hl7", "method": "POST", "path": "/"}
    small, large = Exchange(**plain), Exchange(**{**plain, **part})
    fit_to_limits(small)
    fit_to_limits(large)
    assert large.size - small.size >= 9_000


def test_of_a_long_body_what_is_kept_counts():
    journal = Exchanges()
    journal.add(exchange("1", b"x" * 1_000_000))
    assert 65_536 < journal.size < 80_000


def with_little_in_it(number: int) -> Exchange:
    headers = tuple((f"x-{number}-{n}".encode(), f"{number} {n}".encode()) for n in range(8))
    return Exchange(
        id=f"an id of the usual length {number:09}",
        at=NOW + timedelta(seconds=number),
        api="facade",
        method="GET",
        path=f"/fhir/Patient/{number}",
        request=Passed.of(headers, b"", ""),
        ms=number * 1.1,
    )


@pytest.mark.parametrize("sample", [as_sent, with_little_in_it])
def test_the_bytes_counted_are_the_memory_taken(sample):
    journal = Exchanges()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(500):
            journal.add(sample(number))
        used = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert 0.8 < journal.size / used < 1.25


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3000)), max_size=60), st.integers(1, 8))
def test_the_bounds_hold_whatever_the_worlds_do(steps: list[tuple[int, int]], most: int):
    budget = JournalBudget(exchanges=most, size=9_000)
    worlds = [Exchanges(budget) for _ in range(3)]
    added = [0, 0, 0]
    for number, (world, length) in enumerate(steps):
        worlds[world].add(exchange(str(number), b"x" * length))
        added[world] += 1
        total, size = sum(map(len, worlds)), sum(journal.size for journal in worlds)
        assert total <= most
        assert size <= 9_000 or total == 1
        assert (budget.exchanges, budget.size) == (total, size)
        assert ids(worlds[world])[-1] == str(number)
        for journal, count in zip(worlds, added, strict=True):
            assert len(journal) + journal.dropped == count
            assert journal.size == sum(kept.size for kept in journal)


@pytest.mark.parametrize("name", ["--journal-exchanges", "--journal-bytes"])
def test_a_bound_that_keeps_nothing_is_refused(name: str):
    command = [sys.executable, "-m", "sandbox", "serve", name, "0"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stderr) == (2, f"pkb-sandbox: {name} 0: must be 1 or more\n")
