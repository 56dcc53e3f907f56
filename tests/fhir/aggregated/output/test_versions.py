"""The version of an aggregated resource: it rises with every change, even within a second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.fhir.aggregated.output import render
from sandbox.fhir.aggregated.output.rendered_body import RenderedBody
from sandbox.fhir.base.json import Number
from sandbox.fhir.base.json import render as render_json
from sandbox.model import Resource
from sandbox.store import Store

META = {"profile": ["http://x.test/p"]}
NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


def versions(*changes: tuple[int, dict[str, Any]]) -> list[int]:
    """The versions of one resource after each change: milliseconds and body."""
    store = Store()
    written: list[int] = []
    for milliseconds, body in changes:
        before = next(iter(store.all(Resource)), None)
        time = NOW + timedelta(milliseconds=milliseconds)
        render._store_resource(store, "Patient/1", RenderedBody.of_resource(body), before, NOW, time)
        written.append(next(iter(store.all(Resource))).version)
    return written


def test_each_millisecond_has_a_higher_version():
    numbers = versions(*((n, {"resourceType": "Patient", "meta": META, "language": str(n)}) for n in range(20)))
    assert numbers == sorted(set(numbers))


def test_the_same_content_at_the_same_time_keeps_its_version():
    body = {"resourceType": "Patient", "meta": META, "language": "en"}
    first, second = versions((0, body), (0, body))
    assert first == second


def test_other_content_at_the_same_time_has_another_version():
    first, second = versions(
        (0, {"resourceType": "Patient", "meta": META}), (0, {"resourceType": "Patient", "meta": META, "language": "en"})
    )
    assert first != second


def test_a_version_is_the_time_of_the_change_then_four_digits_of_the_content():
    bodies = [{"resourceType": "Patient", "meta": META, "language": str(number)} for number in range(9)]
    numbers = versions(*enumerate(bodies))
    start = int(NOW.timestamp() * 1000)
    assert [number // 10_000 for number in numbers] == [start + milliseconds for milliseconds in range(9)]
    assert len({number % 10_000 for number in numbers}) > 5


@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": "Patient", "meta": META},
        {"resourceType": "Patient", "gender": "male", "name": [{"family": 'O"Neil é'}], "meta": META},
        {"meta": META, "id": "1", "active": True, "resourceType": "Patient", "gender": "male"},
        {"resourceType": "Patient", "id": "1", "meta": {**META, "tag": []}, "n": Number("1.10"), "m": [1] * 501},
    ],
)
def test_a_text_begins_with_type_id_and_meta_and_keeps_all_else(resource: dict[str, Any]):
    body = RenderedBody.of_resource(resource)
    rest = {name: value for name, value in resource.items() if name not in ("resourceType", "id", "meta")}
    meta = {"versionId": "7", "lastUpdated": "2026-03-10T12:00:00.000000Z", **resource["meta"]}
    assert body.text("Patient", "x", 7, NOW) == render_json(
        {"resourceType": "Patient", "id": "x", "meta": meta, **rest}
    )
    assert body.whole == render_json(resource)


def test_the_body_of_a_text_is_that_of_its_resource():
    content = {"resourceType": "Patient", "gender": "male"}
    assert RenderedBody.of_content(render_json(content), META) == RenderedBody.of_resource({**content, "meta": META})
