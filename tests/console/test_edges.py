"""The console at its edges: the last row of a page, the very instant of an end, the newest of many."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.console import record_changes
from sandbox.console.pages.bench.due_next import distance
from sandbox.console.pages.fidelity.search import FactQuery
from sandbox.console.pages.patients.paging import page_of
from sandbox.console.pages.traffic import filters
from sandbox.console.pages.traffic.reuse import LONGEST_BODY, as_code
from sandbox.console.pages.try_it.oauth import walks
from sandbox.console.patients.entries import STATUSES, entry_of
from sandbox.control.queries import Criteria
from sandbox.domain.data_points.kinds import KINDS
from sandbox.settings import Settings
from sandbox.worlds.exchange import Exchange, Passed
from sandbox.worlds.exchanges import Exchanges
from sandbox.worlds.slices import at_once
from sandbox.worlds.workspace import Workspace

STATUS_WORDS = {note.text for note in STATUSES.values()}
NOW = datetime(2026, 3, 10, tzinfo=UTC)


def exchange(number: int, **attributes: Any) -> Exchange:
    return Exchange(**{"id": f"e{number}", "at": NOW, "api": "rest", "method": "GET", "path": "/x", **attributes})


def call(**attributes: Any) -> Any:
    return SimpleNamespace(**attributes)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(days=3000), "in 8 years"),
        (timedelta(days=2 * 365.25), "in 2 years"),
        (timedelta(days=365.25), "in 365 days"),
        (timedelta(days=2), "in 2 days"),
        (timedelta(days=1), "in 1 day"),
        (timedelta(hours=23), "in 23 hours"),
        (timedelta(hours=1), "in 1 hour"),
        (timedelta(minutes=1), "in 1 minute"),
        (timedelta(seconds=59), "in less than a minute"),
    ],
)
def test_a_time_to_come_is_told_in_the_largest_unit(span: timedelta, words: str):
    assert distance(NOW, NOW + span) == words


@pytest.mark.parametrize(("count", "has_older"), [(0, False), (filters.PAGE, False), (filters.PAGE + 1, True)])
def test_a_full_page_of_traffic_has_an_older_one_only_if_there_is_more(count: int, has_older: bool):
    journal = Exchanges()
    for number in range(count):
        journal.add(exchange(number))
    page = at_once(filters.page_before(call(workspace=call(exchanges=journal)), Criteria(equal={})))
    assert [row.id for row in page.exchanges] == [f"e{n}" for n in reversed(range(count))][: filters.PAGE]
    assert page.older == (page.exchanges[-1].id if has_older else None)


@pytest.mark.parametrize(
    ("body", "length", "is_code"),
    [
        (b"", 0, True),
        (b"abc", 3, True),
        (b"abc", 4, False),
        (b"x" * LONGEST_BODY, LONGEST_BODY, True),
        (b"x" * (LONGEST_BODY + 1), LONGEST_BODY + 1, False),
        (b"\xff", 1, False),
    ],
)
def test_a_request_with_a_whole_body_of_text_can_be_copied_as_code(body: bytes, length: int, is_code: bool):
    request = Passed(body=body, length=length, media_type="text/plain")
    code = as_code(call(base_url="http://localhost"), exchange(1, request=request))
    assert (code is not None) is is_code
    if code is not None:
        assert code.body == body.decode()


def test_the_newest_walks_and_changes_are_kept(monkeypatch: pytest.MonkeyPatch):
    workspace = Workspace("mine", Settings(clock="2026-03-10T12:00:00Z"))
    monkeypatch.setattr(walks, "MOST", 2)
    monkeypatch.setattr(walks, "callback_of", lambda _: "http://localhost/callback")
    begun = [walks.begin(call(workspace=workspace), "app", "x", with_pkce=False) for _ in range(3)]
    kept = [walk.id for walk in begun if walk.id in walks._walks[workspace]]
    assert kept == [walk.id for walk in begun[1:]]
    monkeypatch.setattr(record_changes, "MOST_EXCHANGES", 2)
    for id_ in ("a", "b", "c"):
        record_changes.keep_changes(workspace, id_, workspace.store.snapshot())
    assert list(record_changes._changes[workspace]) == ["b", "c"]


@pytest.mark.parametrize(
    ("text", "number"), [("1", 1), ("3", 3), ("4", 3), ("0", 1), ("-1", 1), ("x", 1), ("", 1), ("9" * 10, 1)]
)
def test_a_page_that_does_not_exist_is_the_nearest(text: str, number: int):
    page = page_of(call(request=call(query_params={"page": text})), list(range(25)), 10)
    assert (page.number, page.last, page.total, page.start) == (number, 3, 25, 10 * (number - 1))
    assert page.rows == list(range(25))[page.start : page.start + 10]
    assert page_of(call(request=call(query_params={})), [], 10).last == 1


@pytest.mark.parametrize(("text", "number"), [("7", 7), ("0", 1), ("9999", 9999), ("10000", 1), ("x", 1), ("", 1)])
def test_a_page_of_facts_is_a_small_number(text: str, number: int):
    assert FactQuery.parse({"page": text}).number == number


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"released_at": NOW}, []),
        ({"released_at": NOW + timedelta(seconds=1)}, ["patient sees it from 10 Mar 2026"]),
        ({"deleted": True}, ["deleted"]),
        ({"label": ""}, ["no privacy label"]),
    ],
)
def test_a_data_point_is_marked_with_what_is_special_about_it(changes: dict[str, Any], words: list[str]):
    store = Workspace("mine", Settings(clock="2026-03-10T12:00:00Z")).store
    point = next(
        point
        for kind in KINDS.values()
        for point in store.all(kind)
        if hasattr(point, "deleted") and hasattr(point, "released_at") and not getattr(point, "versions", ())
    )
    plain = replace(point, **{"released_at": None, "deleted": False, "label": "GENERAL_HEALTH", **changes})
    describer: Any = SimpleNamespace(title=lambda _: "", source=lambda _: "")
    assert [note.text for note in entry_of(describer, plain, NOW).notes if note.text not in STATUS_WORDS] == words
