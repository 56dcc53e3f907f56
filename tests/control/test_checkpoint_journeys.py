"""Differences over any journey: backwards they say the opposite, and after going back there are none."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.assembly.control_calls import control_openapi
from sandbox.worlds.change_log import ChangeLog
from sandbox.worlds.difference.comparing import StoreComparison
from sandbox.worlds.history import StateHistory
from tests.control.test_checkpoint_words import WORDS, Act
from tests.control.test_checkpoints import checkpoint, difference
from tests.control.test_openapi import assert_described
from tests.support import Client

Json = dict[str, Any]
ACTS: dict[str, Act] = {row[0]: row[2] for row in WORDS if not row[1] and row[0] not in ("access frozen", "discharge")}
"""Acts that need no other before them: in any order they come upon what others left."""
DEATH = "died"
"""The one act that keeps others out after it: a deceased patient cannot sign in. It may only be the last."""
PATH = "/checkpoints/{name}/diff"


def perform(pkb: Client, names: list[str]) -> None:
    for name in names:
        ACTS[name](pkb)


def by_id(entries: list[Json]) -> dict[tuple[str, str], Json]:
    results = {(entry["kind"], entry["id"]): entry for entry in entries}
    assert len(results) == len(entries)
    return results


def turned(change: Json) -> Json:
    return {**change, "from": change["to"], "to": change["from"]}


def assert_opposite(forward: Json, back: Json) -> None:
    assert by_id(forward["added"]).keys() == by_id(back["removed"]).keys()
    assert by_id(forward["removed"]).keys() == by_id(back["added"]).keys()
    forwards, backwards = by_id(forward["changed"]), by_id(back["changed"])
    assert forwards.keys() == backwards.keys()
    for key, entry in forwards.items():
        assert entry["by"] == backwards[key]["by"]
        assert sorted(map(repr, map(turned, entry["changes"]))) == sorted(map(repr, backwards[key]["changes"]))


def assert_whole(pkb: Client, report: Json) -> None:
    """The log of changes has led to every entity that differs: those that the states themselves show."""
    world = pkb.server.workspaces.default
    compared = StoreComparison(
        states=world.checkpoints.comparison("a", "b").states,
        histories=(StateHistory(0), StateHistory(0)),
        touched=None,
        store=world.store,
        log=ChangeLog(),
        find_exchange=world.exchanges.find,
        now=world.clock.now(),
    ).difference()
    for key in ("added", "changed", "removed"):
        entries = {(entry.kind, entry.id) for entry in getattr(compared, key)}
        assert by_id(report[key]).keys() == entries


LIFE = st.lists(st.sampled_from(sorted({*ACTS} - {DEATH})), max_size=4)
LIFE_OR_DEATH = st.builds(lambda names, end: names + end, LIFE, st.sampled_from([[], [DEATH]]))


@settings(max_examples=25)
@given(start=LIFE, first=LIFE_OR_DEATH, second=LIFE_OR_DEATH)
def test_the_difference_back_is_the_reverse_of_the_difference_there(
    pkb: Client, start: list[str], first: list[str], second: list[str]
):
    pkb.http.post("/_sandbox/reset")
    perform(pkb, start)
    checkpoint(pkb, "a")
    perform(pkb, first)
    checkpoint(pkb, "b")
    forward = difference(pkb, "a", "b")
    assert all(entry["changes"] and entry["text"] for key in ("added", "changed", "removed") for entry in forward[key])
    assert all(change["from"] != change["to"] for entry in forward["changed"] for change in entry["changes"])
    assert_opposite(forward, difference(pkb, "b", "a"))
    assert_whole(pkb, forward)
    assert_described("GET", PATH, pkb.http.get("/_sandbox/checkpoints/a/diff?to=b"))
    pkb.http.post("/_sandbox/checkpoints/a/restore")
    assert {**difference(pkb, "a"), "to": "a"} == {**difference(pkb, "a", "a"), "from": "a"}
    assert_opposite(forward, difference(pkb, "b"))
    perform(pkb, second)  # another branch: what b has is undone, what was done since is new
    assert_opposite(difference(pkb, "b"), backwards_of(pkb))
    pkb.http.post("/_sandbox/checkpoints/b/restore")
    empty = difference(pkb, "b")
    assert [empty[key] for key in ("added", "changed", "removed")] == [[], [], []]
    again = difference(pkb, "a", "b")
    assert [by_id(again[key]) for key in ("added", "changed", "removed")] == [
        by_id(forward[key]) for key in ("added", "changed", "removed")
    ]


def backwards_of(running: Client) -> Json:
    checkpoint(running, "c")
    return difference(running, "c", "b")


def test_the_schema_is_read():
    assert PATH in control_openapi("http://localhost")["paths"]
