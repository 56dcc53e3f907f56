"""Exactly at each limit of the control API, and one beyond it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from sandbox.contract.findings import MOST_IDS, Finding
from sandbox.contract.observed import DEEPEST, objects_in
from sandbox.control import console_sessions, fields
from sandbox.control.faults import MOST_RULES
from sandbox.control.verify.bounds import LONGEST_PATTERN, Bounds, Pattern
from sandbox.control.verify.conditions import ConditionReader
from sandbox.control.verify.expectation import MOST_CONDITIONS, MOST_EXPECTATIONS, read_all
from sandbox.control.verify.json_path import LONGEST_PATH, JsonPaths
from sandbox.control.waiting import LONGEST_WAIT, seconds_of
from sandbox.errors import Invalid
from sandbox.worlds.exchange import Exchange
from tests.control.test_acts import TOLA, act
from tests.control.test_control_api import assert_problem
from tests.support import Client

READER = ConditionReader(cast(Any, None), Bounds())
CONDITION = {"jsonpath": "$.a", "equals": 1}
AT = datetime(2026, 3, 10, tzinfo=UTC)

LIMITS: dict[str, tuple[Callable[[int], object], int]] = {
    "expectations of a call": (lambda n: read_all([{}] * n, READER), MOST_EXPECTATIONS),
    "conditions of an expectation": (lambda n: read_all([{"body": [CONDITION] * n}], READER), MOST_CONDITIONS),
    "characters of a pattern": (lambda n: Pattern("x" * n), LONGEST_PATTERN),
    "characters of a path": (lambda n: JsonPaths(Bounds()).values_at("$." + "a" * (n - 2)), LONGEST_PATH),
    "seconds of a wait": (lambda n: seconds_of({"wait": str(n)}), LONGEST_WAIT),
    "numbers of exchanges at least 0": (lambda n: read_all([{"count": -n}], READER), 0),
    "ways to count": (lambda n: read_all([dict.fromkeys(("count", "at_least")[:n], 1)], READER), 1),
}


@pytest.mark.parametrize("name", LIMITS)
def test_the_limit_itself_is_allowed_and_one_more_is_refused(name: str):
    use, limit = LIMITS[name]
    use(limit)
    with pytest.raises(Invalid):
        use(limit + 1)


def test_a_hundred_fault_rules_are_allowed(pkb: Client):
    rule = {"status": 503}
    assert pkb.http.put("/_sandbox/faults", json={"rules": [rule] * MOST_RULES}).status_code == 200
    assert_problem(pkb.http.put("/_sandbox/faults", json={"rules": [rule] * (MOST_RULES + 1)}), 400, "at most")


@pytest.mark.parametrize(("value", "status"), [("1e14", 201), ("1e15", 400), ("1e-15", 201), ("1e-16", 400)])
def test_a_measurement_has_up_to_fifteen_digits_before_and_behind_the_point(pkb: Client, value: str, status: int):
    assert act(pkb, TOLA, "measurements", {"type": "weight", "value": value}).status_code == status


def test_a_condition_with_every_key_is_told_to_choose():
    everything = {"jsonpath": "$", "hl7": "PID-5", "equals": 1, "matches": "x"}
    with pytest.raises(Invalid) as refusal:
        READER.parse_condition(everything)
    assert "must be an object" not in refusal.value.text
    with pytest.raises(Invalid, match="must be an object"):
        READER.parse_condition({**CONDITION, "other": 1})


@pytest.mark.parametrize(
    ("values", "expected"),
    [([], ()), (["b"], ("b",)), (["b", "a"], ("a", "b")), (["a", "b", "a"], ("a", "b")), (["c"], None)],
)
def test_some_or_all_of_a_list_are_chosen_in_its_order(values: list[str], expected: tuple[str, ...] | None):
    if expected is None:
        with pytest.raises(Invalid, match="key must be a list of: a, b"):
            fields.some_of({"key": values}, "key", ("a", "b"))
    else:
        assert fields.some_of({"key": values}, "key", ("a", "b")) == expected


def test_the_oldest_browser_of_too_many_is_forgotten(monkeypatch: pytest.MonkeyPatch):
    browsers: dict[str, float] = {}
    monkeypatch.setattr(console_sessions, "_opened", browsers)
    monkeypatch.setattr(console_sessions, "MOST", 2)
    for browser in ("a", "b", "c"):
        console_sessions.open_session(browser)
    assert list(browsers) == ["b", "c"]


def test_a_finding_counts_every_exchange_and_names_the_first_hundred():
    finding = Finding(rule=cast(Any, None), severity="advice")
    for number in range(MOST_IDS + 1):
        finding.add(Exchange(id=str(number), at=AT, api="rest", method="GET", path="/"))
    assert finding.count == MOST_IDS + 1
    assert finding.exchanges == [str(number) for number in range(MOST_IDS)]


def test_objects_are_looked_for_down_to_a_depth():
    value: dict[str, Any] = {}
    for _ in range(DEEPEST + 5):
        value = {"below": value}
    assert len(list(objects_in(value))) == DEEPEST + 1
