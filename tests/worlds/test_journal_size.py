"""The journal's bound in bytes holds for the memory that it really takes, whatever is large in an exchange."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.worlds.exchange import BODY_LIMIT, Exchange, Passed
from sandbox.worlds.exchanges import Exchanges
from sandbox.worlds.journal_budget import JournalBudget
from sandbox.worlds.journal_size import HEAD_LIMIT, TEXTS

AT = datetime(2026, 3, 10, tzinfo=UTC)
LARGE = 300_000
COUNT = 60


def exchange(number: int, **attributes: Any) -> Exchange:
    return Exchange(**{"id": str(number), "at": AT, "api": "rest", "method": "GET", "path": f"/{number}", **attributes})


def wide(number: int, length: int) -> str:
    """A new text whose characters need four bytes each."""
    return f"{number}😀" + "y" * length


def headers(number: int) -> list[tuple[bytes, bytes]]:
    return [(f"x-{index}".encode(), f"{number}".encode() * 200) for index in range(400)]


KINDS: dict[str, Callable[[int], dict[str, Any]]] = {
    "nothing": lambda number: {},
    "path": lambda number: {"path": f"/{number}" + "x" * LARGE},
    "query": lambda number: {"query": f"{number}" + "x" * LARGE},
    "wide query": lambda number: {"query": wide(number, LARGE)},
    "client": lambda number: {"client": f"{number}" + "x" * LARGE},
    "caller": lambda number: {"caller": wide(number, LARGE)},
    "operation": lambda number: {"operation": f"{number}" + "x" * LARGE},
    "HL7 text": lambda number: {
        "hl7": {"type": "ADT^A28", "control_id": f"{number}", "ack": "AA", "text": "x" * LARGE}
    },
    "HL7 control id": lambda number: {"hl7": {"type": "", "control_id": wide(number, LARGE), "ack": "", "text": ""}},
    "explanation": lambda number: {"explanation": {"id": "x", "rule": wide(number, LARGE), "expected": "y" * LARGE}},
    "request body": lambda number: {"request": Passed.of([], f"{number}".encode() + bytes(LARGE), "text/plain")},
    "response headers": lambda number: {"response": Passed.of(headers(number), b"", "")},
    "request headers": lambda number: {"request": Passed.of(headers(number), b"x", "")},
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_an_exchange_takes_no_more_memory_than_is_counted(kind: Callable[[int], dict[str, Any]]):
    ring = Exchanges()
    ring.add(exchange(-1))
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    counted = ring.size
    for number in range(COUNT):
        ring.add(exchange(number, **kind(number)))
    gc.collect()
    growth = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert growth <= (ring.size - counted) * 1.1
    assert len(ring) == COUNT + 1


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_bound_in_bytes_holds_whatever_is_large(kind: Callable[[int], dict[str, Any]]):
    ring = Exchanges(JournalBudget(exchanges=10_000, size=500_000))
    for number in range(COUNT):
        ring.add(exchange(number, **kind(number)))
    assert ring.size <= 500_000
    assert ring.dropped + len(ring) == COUNT


def test_a_cut_text_states_its_length():
    entry = exchange(1, query="x" * LARGE, hl7={"text": "y" * LARGE}, explanation={"expected": "z" * LARGE})
    Exchanges().add(entry)
    assert entry.query == "x" * TEXTS["query"] + f"… [{LARGE} characters]"
    assert entry.hl7 == {"text": "y" * BODY_LIMIT + f"… [{LARGE} characters]"}
    assert entry.explanation is not None
    assert entry.explanation["expected"].endswith(f"… [{LARGE} characters]")


def test_headers_over_the_limit_are_left_out_whole():
    entry = exchange(1, request=Passed.of(headers(1), b"", ""))
    Exchanges().add(entry)
    stored = entry.request.headers
    assert 0 < len(stored) < 400
    assert stored == headers(1)[: len(stored)]
    assert len(entry.request.head) <= HEAD_LIMIT
