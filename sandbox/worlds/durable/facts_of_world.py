"""The facts of a world that are kept beside its rows, as JSON and back: clock, ids, use, faults, keys."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sandbox.base.clock import Clock
from sandbox.store.written import parse_fields, render_fields
from sandbox.worlds.faults import ActiveRule, FaultRule
from sandbox.worlds.workspace import Workspace

Json = dict[str, Any]


def fingerprint(world: Workspace) -> tuple[Any, ...]:
    """Return a value that changes with these facts and is cheap to compute. The last use does not count as a change."""
    rules = tuple([(rule.id, rule.state) for rule in world.faults]) if world.faults else ()
    return (world.clock.state, world.ids.last_legacy, world.ids.state, world.signing_key, rules)


def render_facts(world: Workspace) -> Json:
    return {
        "name": world.name,
        "world": world.settings.world,
        "created_at": world.usage.created_at.isoformat(),
        "last_used_at": world.usage.last_used_at.isoformat(),
        "idle_seconds": world.usage.idle_seconds,
        "clock": render_clock(world.clock),
        "legacy": world.ids.last_legacy,
        "random": world.ids.state,
        "signing_key": world.signing_key,
        "sessions_key": world.sessions.key.decode(),
        "faults": [_render_rule(rule) for rule in world.faults],
    }


def apply_facts(world: Workspace, facts: Json) -> None:
    """Give a world the facts of an earlier moment. Raises KeyError, TypeError, ValueError for others."""
    world.clock = parse_clock(facts["clock"])
    world.ids.go_on_from(_parse_random(facts["random"]), facts["legacy"])
    world.signing_key = facts["signing_key"]
    world.sessions.key = facts["sessions_key"].encode()
    world.faults.adopt([_parse_rule(row) for row in facts["faults"]])


def render_clock(clock: Clock) -> list[Any]:
    frozen_at, offset = clock.state
    return [frozen_at and frozen_at.isoformat(), offset // timedelta(microseconds=1)]


def parse_clock(row: list[Any]) -> Clock:
    return Clock.of_state(row[0] and datetime.fromisoformat(row[0]), timedelta(microseconds=row[1]))


def _parse_random(state: list[Any] | None) -> tuple[Any, ...] | None:
    return None if state is None else (state[0], tuple(state[1]), state[2])


def _render_rule(active: ActiveRule) -> Json:
    met, hits = active.state
    return {"id": active.id, "rule": render_fields(active.rule), "met": met, "hits": hits, "chances": active.chances}


def _parse_rule(row: Json) -> ActiveRule:
    active = ActiveRule(row["id"], parse_fields(FaultRule, row["rule"]))
    active.go_on_from(row["met"], row["hits"], row["chances"])
    return active
