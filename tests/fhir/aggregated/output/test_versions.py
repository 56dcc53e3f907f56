"""The version of an aggregated resource: it rises with every change, even within a second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.fhir.aggregated.output import render
from sandbox.fhir.base.json import render as render_json
from sandbox.model import Resource
from sandbox.store import Store

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


def versions(*changes: tuple[int, dict[str, Any]]) -> list[int]:
    """The versions of one resource after each change: milliseconds and body."""
    store = Store()
    written: list[int] = []
    for milliseconds, body in changes:
        before = next(iter(store.all(Resource)), None)
        time = NOW + timedelta(milliseconds=milliseconds)
        render._store_resource(store, "Patient/1", body, render_json(body), before, NOW, time)
        written.append(next(iter(store.all(Resource))).version)
    return written


def test_each_millisecond_has_a_higher_version():
    numbers = versions(*((n, {"resourceType": "Patient", "meta": {}, "language": str(n)}) for n in range(20)))
    assert numbers == sorted(set(numbers))


def test_the_same_content_at_the_same_time_keeps_its_version():
    body = {"resourceType": "Patient", "meta": {}, "language": "en"}
    first, second = versions((0, body), (0, body))
    assert first == second


def test_other_content_at_the_same_time_has_another_version():
    first, second = versions(
        (0, {"resourceType": "Patient", "meta": {}}), (0, {"resourceType": "Patient", "meta": {}, "language": "en"})
    )
    assert first != second


def test_a_version_is_the_time_of_the_change_then_four_digits_of_the_content():
    bodies = [{"resourceType": "Patient", "meta": {}, "language": str(number)} for number in range(9)]
    numbers = versions(*enumerate(bodies))
    start = int(NOW.timestamp() * 1000)
    assert [number // 10_000 for number in numbers] == [start + milliseconds for milliseconds in range(9)]
    assert len({number % 10_000 for number in numbers}) > 5
