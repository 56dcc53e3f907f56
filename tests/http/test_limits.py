"""Requests exactly at the limits of what is read, decoded, remembered and looked for, and one beyond."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.errors import Invalid
from sandbox.http import repeatable, subject
from sandbox.http.control_operations import parameters
from sandbox.http.forwarded import is_base_url
from sandbox.http.request_body import MOST_CODINGS, UnsupportedCoding, codings
from sandbox.model import Patient
from sandbox.settings import Settings
from sandbox.worlds.workspace import Workspace

NOW = datetime(2026, 3, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("gzip", ["gzip"]),
        ("identity", []),
        (" GZIP , identity,deflate,", ["gzip", "deflate"]),
        (",".join(["gzip"] * MOST_CODINGS), ["gzip"] * MOST_CODINGS),
        (",".join(["gzip"] * (MOST_CODINGS + 1)), None),
        ("br", None),
    ],
)
def test_a_body_has_so_many_codings(header: str, names: list[str] | None):
    if names is None:
        with pytest.raises(UnsupportedCoding):
            codings(header)
    else:
        assert codings(header) == names


@pytest.mark.parametrize(("more", "is_read"), [(-1, True), (0, True), (1, False)])
def test_a_patient_is_looked_for_in_a_word_of_so_many_characters(more: int, is_read: bool):
    store = Workspace("mine", Settings(clock="2026-03-10T12:00:00Z")).store
    patient = next(iter(store.all(Patient))).id
    word = f"{'x' * (subject.LONGEST_WORD - 1 - len(patient) + more)}/{patient}"
    assert subject.patient_of_word(store, word) == (patient if is_read else "")


@pytest.mark.parametrize(
    ("url", "is_good"),
    [
        ("http://a", True), ("http://a:1", True), ("http://a:65535", True), ("http://a:0", False),
        ("http://a:65536", False), ("https://a/b", True), ("ftp://a", False), ("a", False),
    ],
)  # fmt: skip
def test_a_base_url_has_a_port_that_exists(url: str, is_good: bool):
    assert is_base_url(url) is is_good


def answer(body: bytes = b"", **changes: Any) -> repeatable.RepeatableAnswer:
    nothing: Any = None
    plain = repeatable.RepeatableAnswer(
        mark=1, token="", credential=nothing, person=(None, None, ""), since=None, until=None, exchange=nothing,
        headers=[], after_id=[], body=body, renew=None, line="",
    )  # fmt: skip
    return replace(plain, **changes)


def key(name: str, length: int = 10) -> repeatable.Key:
    return ("p" * (length - len(name)), b"", name, "http", ())


def kept(*rows: tuple[repeatable.Key, bytes], most: int = 3, most_bytes: int = 10**9) -> list[str]:
    memory = repeatable.AnswerMemory(most, most_bytes)
    for row, body in rows:
        memory.keep(row, answer(body))
    return [row[2] for row, _ in rows if memory.find(row) is not None]


def test_the_newest_answers_are_remembered_within_their_number_and_bytes():
    size = repeatable.OVERHEAD + 100
    rows = [(key(name), b"x" * 100) for name in "abcd"]
    assert kept(*rows[:3]) == ["a", "b", "c"]
    assert kept(*rows) == ["b", "c", "d"]
    assert kept(*rows[:2], most_bytes=2 * size) == ["a", "b"]
    assert kept(*rows[:2], most_bytes=2 * size - 1) == ["b"]


@pytest.mark.parametrize(("more", "is_kept"), [(0, True), (1, False)])
def test_large_answers_and_long_requests_are_not_remembered(more: int, is_kept: bool):
    assert bool(kept((key("a"), b"x" * (repeatable.LARGEST + more)))) is is_kept
    assert bool(kept((key("a", repeatable.LONGEST_KEY + more), b""))) is is_kept


@pytest.mark.parametrize(
    ("since", "until", "holds"),
    [
        (None, None, True), (NOW, None, True), (NOW + timedelta(seconds=1), None, False), (None, NOW, False),
        (None, NOW + timedelta(seconds=1), True), (NOW, NOW, False),
    ],
)  # fmt: skip
def test_an_answer_holds_from_a_time_and_before_another(since: datetime | None, until: datetime | None, holds: bool):
    store = SimpleNamespace(mark=1)
    caller: Any = SimpleNamespace(
        workspace=SimpleNamespace(store=store), credential=None, user=None, team=None, scope=""
    )
    assert answer(since=since, until=until).is_valid_for(caller, NOW) is holds
    store.mark = 2
    assert not answer().is_valid_for(caller, NOW)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("a", "1")], {"a": "1"}),
        ([("a", "1"), ("workspace", "x"), ("workspace", "y")], {"a": "1"}),
        ([("a", "1"), ("a", "1")], "Repeated parameter: a"),
        ([("b", "1")], "Unknown parameter 'b'; allowed: a"),
    ],
)
def test_a_parameter_of_a_control_call_is_known_and_there_once(pairs: list[tuple[str, str]], expected: Any):
    call: Any = SimpleNamespace(request=SimpleNamespace(query_params=SimpleNamespace(multi_items=lambda: pairs)))
    if isinstance(expected, dict):
        assert parameters(call, ("a",)) == expected
    else:
        with pytest.raises(Invalid, match=expected):
            parameters(call, ("a",))
