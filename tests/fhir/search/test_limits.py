"""A search exactly at each of its limits, and one beyond it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from sandbox.errors import Invalid
from sandbox.fhir.base.negotiation import accepted_types
from sandbox.fhir.base.preconditions import Preconditions
from sandbox.fhir.rendered.query import results
from sandbox.fhir.search import date
from sandbox.fhir.search.budget import budget, spend
from sandbox.fhir.search.limits import DEFAULT_LIMITS
from sandbox.fhir.search.number import MOST_DIGITS
from sandbox.model import Resource
from tests.fhir.search.world import World, patient

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
WORLD = World().put(patient("1", "Adeyemi"))


LIMITS: dict[str, tuple[Callable[[int], str], int]] = {
    "parameters": (lambda n: "Patient?" + "&".join(["gender=x"] * n), DEFAULT_LIMITS.parameters),
    "values of a parameter": (lambda n: f"Patient?gender={','.join('x' * n)}", DEFAULT_LIMITS.list),
    "characters of a value": (lambda n: f"Patient?family={'x' * n}", DEFAULT_LIMITS.characters),
    "digits of a number": (lambda n: f"Observation?value-quantity={'1' * n}", MOST_DIGITS),
    "parts of a quantity": (lambda n: f"Observation?value-quantity={'|'.join('1' * n)}", 3),
    "chains": (lambda n: "Patient?" + "&".join(["_has:Observation:patient:code=x"] * n), DEFAULT_LIMITS.chains),
}


@pytest.mark.parametrize("name", LIMITS)
def test_a_search_at_a_limit_is_answered_and_one_beyond_is_refused(name: str):
    question, limit = LIMITS[name]
    assert WORLD.ids(question(limit)) == []
    with pytest.raises(Invalid):
        WORLD.search(question(limit + 1))


@pytest.mark.parametrize(
    ("text", "is_valid"),
    [
        ("2020-02-03T23:59:59Z", True),
        ("2020-02-03T23:59:60Z", True),
        ("2020-02-03T23:59:61Z", False),
        ("2020-02-03T23:60:00Z", False),
        ("2020-02-03T24:00:00Z", False),
        ("2020-02-03T00:00:00+14:59", True),
        ("2020-02-03T00:00:00+15:00", False),
        ("2020-02-03T00:00:00-14:60", False),
        ("2020-02-29", True),
        ("2021-02-29", False),
        ("9999-12-31", True),
        ("9999", True),
    ],
)
def test_a_date_has_hours_minutes_seconds_and_an_offset_within_their_bounds(text: str, is_valid: bool):
    if is_valid:
        assert date.range_of(text).low <= date.range_of(text).high
    else:
        with pytest.raises(ValueError, match=r"20|day"):
            date.range_of(text)


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("2020-02-03T10:00Z", 60 * 10**9),
        ("2020-02-03T10:00:00Z", 10**9),
        ("2020-02-03T10:00:00.5Z", 10**8),
        ("2020-02-03T10:00:00.123456789Z", 1),
        ("2020-02-03T10:00:00.1234567891Z", 1),
        ("2020-02-03", 86_400 * 10**9),
        ("2020-02", 29 * 86_400 * 10**9),
        ("2020", 366 * 86_400 * 10**9),
    ],
)
def test_a_date_is_as_wide_as_its_precision(text: str, width: int):
    span = date.range_of(text)
    assert span.high - span.low + 1 == width


def test_a_moment_becomes_a_number_and_back():
    moment = datetime(2026, 3, 10, 23, 58, 57, 123456, tzinfo=UTC)
    assert date.instant_of(date.nanoseconds(moment)) == moment
    assert date.range_of("2026-03-10T23:58:57.123456Z").low == date.nanoseconds(moment)


def test_the_last_step_of_the_budget_may_be_taken():
    spend(DEFAULT_LIMITS.steps * 2)  # outside of a request nothing is counted
    with budget(DEFAULT_LIMITS.steps):
        spend(DEFAULT_LIMITS.steps)
        with pytest.raises(Invalid, match="more than"):
            spend(1)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("a/b", ["a/b"]),
        ("a/b;q=0.5,c/d", ["c/d", "a/b"]),
        ("a/b;q=0", []),
        ("a/b;q=0.001,c/d;q=0.0", ["a/b"]),
        ("a/b;q=x,c/d", ["c/d"]),
        (" A/B ; charset=utf-8 ; q=0.9 , c/d;q=0.9", ["a/b", "c/d"]),
        (",", []),
    ],
)
def test_media_types_are_liked_by_their_weight(accept: str, expected: list[str]):
    assert accepted_types(accept) == expected


def version(at: datetime) -> Resource:
    return Resource(
        endpoint="own", type="Patient", logical_id="1", version=1, created_at=at, updated_at=at, method="PUT", text="{}"
    )


@pytest.mark.parametrize("microseconds", [0, 999_999])
@pytest.mark.parametrize(
    ("seconds", "unmodified", "modified"), [(-1, "If-Unmodified-Since", ""), (0, "", "If-Modified-Since")]
)
def test_a_version_has_changed_by_the_second(seconds: int, unmodified: str, modified: str, microseconds: int):
    current = version(NOW.replace(microsecond=microseconds))
    since = NOW + timedelta(seconds=seconds)
    assert Preconditions(unmodified_since=since).unmet(current) == unmodified
    assert Preconditions(modified_since=since).unmet(current, reads=True) == modified
    assert Preconditions(modified_since=since).unmet(current) == ""
    assert Preconditions(modified_since=since, unmodified_since=since).unmet(None, reads=True) == ""


def result(rows: int, seconds: int = 600) -> results.Result:
    matches: Any = cast(Any, type("Matches", (), {"rows": [None] * rows}))
    return results.Result(
        matches=matches, owner="", operation="", action="", standing="", includes=(), count=10,
        expires_at=NOW + timedelta(seconds=seconds),
    )  # fmt: skip


def kept(*expected: results.Result, most: int = 3, rows: int = 100, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(results, "MOST_RESULTS", most)
    monkeypatch.setattr(results, "MOST_ROWS", rows)
    store = results.Results()
    for number, row in enumerate(expected):
        store.keep(str(number), row, NOW)
    return [str(number) for number in range(len(expected)) if store.of(str(number), NOW) is not None]


def test_the_newest_results_are_kept_within_their_number_and_rows(monkeypatch: pytest.MonkeyPatch):
    assert kept(*[result(1)] * 3, monkeypatch=monkeypatch) == ["0", "1", "2"]
    assert kept(*[result(1)] * 4, monkeypatch=monkeypatch) == ["1", "2", "3"]
    assert kept(result(40), result(60), monkeypatch=monkeypatch) == ["0", "1"]
    assert kept(result(40), result(61), monkeypatch=monkeypatch) == ["1"]
    assert kept(result(500), monkeypatch=monkeypatch) == ["0"]
    assert kept(result(1), result(500), monkeypatch=monkeypatch) == ["1"]


def test_a_result_ends_at_its_very_second_and_a_token_that_comes_again_counts_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(results, "MOST_ROWS", 100)
    store = results.Results()
    store.keep("a", result(60, seconds=10), NOW)
    store.keep("a", result(60, seconds=10), NOW)
    store.keep("b", result(40, seconds=11), NOW)
    assert store.of("a", NOW + timedelta(seconds=9)) is not None
    assert store.of("a", NOW + timedelta(seconds=10)) is None
    assert len(store) == 2
    store.keep("c", result(1, seconds=20), NOW + timedelta(seconds=10))
    assert len(store) == 2
    assert store.of("a", NOW) is None


@pytest.mark.parametrize("steps", [0, 1, 49, 50, 51, 200])
def test_a_uri_lies_above_one_of_any_number_of_steps(steps: int):
    world = World().put({"resourceType": "ValueSet", "id": "v", "url": "http://a.test/b"})
    assert world.ids("ValueSet?url:above=http://a.test/b" + "/x" * steps) == ["v"]
    assert world.ids("ValueSet?url:above=http://a.test/bb" + "/x" * steps) == []
