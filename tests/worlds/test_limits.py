"""Worlds, sessions and journals at the very instant, size or number of a limit, and one beyond it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.errors import Conflict
from sandbox.settings import Settings
from sandbox.worlds import faults, journal_size
from sandbox.worlds.change_log import ChangeLog
from sandbox.worlds.exchange import Exchange, Passed
from sandbox.worlds.pending_bodies import FREE, Busy, PendingBodies
from sandbox.worlds.usage import Usage
from sandbox.worlds.workspaces import Workspaces

NOW = datetime(2026, 3, 10, tzinfo=UTC)


@pytest.mark.parametrize(("seconds", "is_over"), [(9.9, False), (10, False), (10.1, True)])
def test_a_world_ends_after_its_idle_time(seconds: float, is_over: bool):
    time = [100.0]
    usage = Usage(10, lambda: time[0])
    forever = Usage(None, lambda: time[0])
    time[0] += seconds
    assert (usage.is_over, forever.is_over) == (is_over, False)
    usage.touch()
    assert not usage.is_over


@pytest.mark.parametrize(("count", "kept"), [(0, []), (2, [0, 1]), (3, [0, 1, 2]), (4, [1, 2, 3])])
def test_the_newest_steps_are_kept(count: int, kept: list[int]):
    log = ChangeLog(longest=3)
    log.on = True
    for number in range(count):
        log.note(step(number))
    assert [number for number in range(count) if number in log._steps] == kept
    assert log.count == count


def step(number: int) -> Any:
    return SimpleNamespace(key=("Patient", str(number)))


def test_bodies_share_a_number_of_bytes_beyond_the_first_of_each():
    pending = PendingBodies(100)
    pending.grow(0, FREE)
    assert pending.size == 0
    pending.grow(FREE, FREE + 60)
    pending.grow(0, FREE + 40)
    assert pending.size == 100
    pending.grow(0, FREE)
    with pytest.raises(Busy):
        pending.grow(FREE, FREE + 1)
    pending.release(FREE + 40)
    pending.release(FREE)
    pending.release(1)
    assert pending.size == 60


def rule(**parts: Any) -> faults.ActiveRule:
    return faults.ActiveRule("r", faults.FaultRule(conditions={}, effect="status", value=503, **parts))


class Anything:
    """A request that every rule is about."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: True


def hits(active: faults.ActiveRule, times: int, now: datetime = NOW) -> list[bool]:
    target: Any = Anything()
    return [active.hit(target, lambda: now) is not None for _ in range(times)]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({}, [True, True, True, True]),
        ({"first": 2}, [True, True, False, False]),
        ({"every": 2}, [False, True, False, True]),
        ({"every": 3, "first": 1}, [False, False, True, False]),
        ({"probability": 0.0}, [False, False, False, False]),
        ({"probability": 1.0}, [True, True, True, True]),
        ({"until": NOW}, [False, False, False, False]),
        ({"until": NOW + timedelta(seconds=1)}, [True, True, True, True]),
    ],
)
def test_a_rule_acts_at_first_or_every_few_times_until_its_end(parts: dict[str, Any], expected: list[bool]):
    assert hits(rule(**parts), 4) == expected


def test_rules_are_removed_by_their_id():
    world_faults = faults.Faults()
    world_faults.replace([faults.FaultRule(conditions={}, effect="status", value=503)])
    (active,) = world_faults
    assert not world_faults.remove("other")
    assert world_faults.remove(active.id)
    assert not world_faults


@pytest.mark.parametrize(("length", "rest"), [(3, ""), (4, "… [4 bytes]")])
def test_a_body_that_was_cut_states_its_length(length: int, rest: str):
    assert Passed(body=b"abc", media_type="text/plain", length=length).as_json()["body"] == f"abc{rest}"


@pytest.mark.parametrize(
    ("status", "hl7", "outcome"),
    [
        (200, None, "accepted"), (399, None, "accepted"), (400, None, "refused"), (499, None, "refused"),
        (500, None, "failed"), (0, None, "failed"), (200, {"ack": "AA"}, "accepted"), (200, {"ack": "AE"}, "refused"),
        (200, {"ack": "AR"}, "refused"), (500, {"ack": "AE"}, "failed"),
    ],
)  # fmt: skip
def test_an_exchange_has_the_outcome_of_its_status_or_acknowledgement(
    status: int, hl7: dict[str, str] | None, outcome: str
):
    assert Exchange(id="e", at=NOW, api="hl7", method="POST", path="/", status=status, hl7=hl7).outcome == outcome


@pytest.mark.parametrize("name", journal_size.TEXTS)
@pytest.mark.parametrize("more", [0, 1])
def test_a_text_of_an_exchange_is_kept_up_to_its_limit(name: str, more: int):
    limit = journal_size.TEXTS[name]
    text = "x" * (limit + more)
    parts: dict[str, Any] = {"id": "e", "at": NOW, "api": "hl7", "method": "GET", "path": "/", name: text}
    exchange = Exchange(**parts)
    journal_size.fit_to_limits(exchange)
    assert getattr(exchange, name) == ("x" * limit + f"… [{limit + 1} characters]" if more else text)


@pytest.mark.parametrize(("more", "names"), [(0, ["a", "b"]), (1, ["a"])])
def test_headers_are_kept_whole_up_to_their_limit(more: int, names: list[str]):
    first = b"a\n" + b"x" * 1000
    second = b"b\n" + b"y" * (journal_size.HEAD_LIMIT - len(first) - 3 + more)
    exchange = Exchange(
        id="e", at=NOW, api="hl7", method="GET", path="/", request=Passed(head=first + b"\n" + second, length=0)
    )
    journal_size.fit_to_limits(exchange)
    assert [name.decode() for name, _ in exchange.request.headers] == names


def test_a_server_has_so_many_worlds_besides_the_default_one():
    worlds = Workspaces(Settings(max_workspaces=2, clock="2026-03-10T12:00:00Z"))
    worlds.create("a")
    worlds.create("b")
    with pytest.raises(Conflict, match="2 workspaces"):
        worlds.create("c")


def test_a_world_has_so_many_checkpoints_and_a_name_is_used_again():
    world = Workspaces(Settings(max_checkpoints=2, clock="2026-03-10T12:00:00Z")).default
    for name in ("a", "b", "a"):
        world.checkpoints.create(name)
    with pytest.raises(Conflict, match="2 checkpoints"):
        world.checkpoints.create("c")
