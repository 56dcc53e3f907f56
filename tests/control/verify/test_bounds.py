"""Paths and patterns that would run on end as errors, and others are answered meanwhile."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from sandbox.control.verify import verdict
from sandbox.control.verify.bounds import Bounds, Pattern, bounded
from sandbox.control.verify.json_path import JsonPaths
from sandbox.errors import Invalid
from tests.control.test_control_api import assert_problem
from tests.support import Client

CATASTROPHIC = [r"^(a+)+\1b$", r"^(?:a+)+$b", r"^(a?){2000}a{2000}$", r"(?:(?:a{1,1000}){1,1000}){1,1000}b"]
EXPONENTIAL = {
    "unions": "$" + "[0,0,0,0]" * 12,
    "descents": "$" + "..*" * 6,
    "filters of filters": "$[?$..*[?$..*[?$..*]]]",
    "a union of descents": "$" + "..[*,*,*]" * 4,
    "slices": "$" + "[0:,0:,0:]" * 12,
}


def nested(depth: int, width: int) -> Any:
    return [nested(depth - 1, width) for _ in range(width)] if depth else "a"


@pytest.mark.parametrize("pattern", CATASTROPHIC)
def test_a_pattern_that_runs_on_is_refused(pattern: str):
    with pytest.raises(Invalid, match="takes too long; make it simpler"):
        Bounds(seconds=0.05).matches(Pattern(pattern), "a" * 60_000)


def test_the_patterns_of_a_call_have_one_budget_together():
    bounds, pattern = Bounds(seconds=0.2), Pattern(CATASTROPHIC[0])
    with pytest.raises(Invalid):
        bounds.matches(pattern, "a" * 60_000)
    with pytest.raises(Invalid):
        bounds.matches(pattern, "a" * 60_000)
    assert Bounds().matches(pattern, "aaab")


@pytest.mark.parametrize("path", EXPONENTIAL.values(), ids=EXPONENTIAL)
def test_a_path_that_runs_on_is_refused(path: str):
    bounds = Bounds(seconds=0.1)
    body, values_at = bounded(nested(12, 2), bounds), JsonPaths(bounds).values_at(path)
    with pytest.raises(Invalid, match="The JSON paths take too long; make them simpler, or add filters"):
        values_at(body)


def test_a_call_that_runs_on_is_refused_and_others_are_answered_meanwhile(pkb: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(verdict, "Bounds", lambda: Bounds(seconds=0.5))
    pkb.http.post("/rest/x", content=json.dumps(nested(12, 2)))
    payload = {"expect": [{"body": [{"jsonpath": EXPONENTIAL["descents"], "equals": "b"}]}]}
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(httpx.post, f"{pkb.server.base_url}/_sandbox/verify", json=payload, timeout=60)
        answered = 0
        while not slow.done():
            assert pkb.control("/health/live")["status"] == "live"
            answered += 1
        assert answered > 1
        assert_problem(slow.result(), 400, "The JSON paths take too long")


def test_a_pattern_in_a_filter_is_bounded_too():
    body = {"a": ["a" * 60_000] * 3}
    values_at = JsonPaths(Bounds(seconds=0.05)).values_at(f"$.a[?search(@, '{CATASTROPHIC[3]}')]")
    with pytest.raises(Invalid, match="takes too long"):
        values_at(body)


def test_a_bad_pattern_in_a_filter_is_named(pkb: Client):
    pkb.http.post("/rest/x", json={"a": ["b"]})
    payload = {"expect": [{"body": [{"jsonpath": "$.a[?search(@, '(')]", "equals": "b"}]}]}
    assert_problem(pkb.http.post("/_sandbox/verify", json=payload), 400, "'(' is not a regular expression")


@pytest.mark.parametrize("depth", [500, 100_000])
def test_bodies_that_are_nested_deeply_are_no_trouble(pkb: Client, depth: int):
    deep = "[" * depth + "]" * depth
    pkb.http.post("/rest/x", content=deep[: 64 * 1024])
    for path in ("$..x", "$[0][0]", "$.x"):
        condition = f'{{"jsonpath":{json.dumps(path)},"equals":{"[" * 400 + "]" * 400}}}'
        content = f'{{"expect":[{{"body":[{condition}],"count":0}}]}}'
        assert pkb.http.post("/_sandbox/verify", content=content).json()["ok"]
