"""The ring of events: who is told what, from which place on, and that following costs a world nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from sandbox.worlds.events import SHARED, Events, Follower, WorldEvent


def in_loop(act: Callable[[Events], Awaitable[None]], kept: int = 5) -> None:
    async def run() -> None:
        await act(Events(kept))

    asyncio.run(run())


def subjects(follower: Follower) -> list[object]:
    """A follower's pending events, with the ids up to which it missed some."""
    rest: list[object] = []
    while (batch := follower.take())[0] is not None:
        event, missed = batch
        rest += [*([("missed", missed)] if missed else []), event.subject if event else None]
    return rest


def publish(events: Events, *subjects: object) -> None:
    for subject in subjects:
        events.publish("clock", subject)


def test_a_follower_is_told_what_comes_after_it_began():
    async def act(events: Events) -> None:
        publish(events, 1, 2)
        with events.follow() as follower:
            assert subjects(follower) == []
            publish(events, 3, 4)
            assert subjects(follower) == [3, 4]
            assert subjects(follower) == []

    in_loop(act)


@pytest.mark.parametrize(
    ("back", "expected"),
    [(0, []), (1, [7]), (4, [4, 5, 6, 7]), (5, [3, 4, 5, 6, 7]), (6, ["missed", 3, 4, 5, 6, 7])],
)
def test_a_follower_begins_after_an_id(back: int, expected: list[object]):
    async def act(events: Events) -> None:
        publish(events, 1, 2, 3, 4, 5, 6, 7)
        with events.follow(events.newest - back) as follower:
            followed = [("missed" if isinstance(subject, tuple) else subject) for subject in subjects(follower)]
            assert followed == expected

    in_loop(act)


@pytest.mark.parametrize("ahead", [-1, 0, 1])
def test_a_world_without_events_has_none_after_any_id(ahead: int):
    async def act(events: Events) -> None:
        with events.follow(events.newest + ahead) as follower:
            assert subjects(follower) == []
            publish(events, 1, 2)
            assert subjects(follower)[-1] == 2

    in_loop(act)


def test_all_that_was_ever_told_is_kept_while_the_ring_is_not_full():
    async def act(events: Events) -> None:
        publish(events, 1, 2)
        with events.follow(0) as follower:
            assert subjects(follower) == [1, 2]
        publish(events, 3, 4, 5, 6)
        with events.follow(0) as follower:
            assert subjects(follower) == [("missed", events.newest - 5), 2, 3, 4, 5, 6]

    in_loop(act)


def test_a_place_of_an_earlier_server_has_missed_something_and_one_to_come_has_not():
    async def act(events: Events) -> None:
        first = events.newest + 1
        publish(events, 1)
        with events.follow(17) as earlier, events.follow(events.newest + 17) as later:
            assert subjects(earlier) == [("missed", first - 1), 1]
            assert subjects(later) == [1]

    in_loop(act)


def test_a_slow_follower_misses_what_the_ring_drops():
    async def act(events: Events) -> None:
        with events.follow() as follower:
            publish(events, *range(100))
            assert subjects(follower) == [("missed", events.newest - 5), 95, 96, 97, 98, 99]

    in_loop(act)


def test_news_come_at_once_and_silence_ends():
    async def act(events: Events) -> None:
        with events.follow() as follower:
            assert await follower.news(0.01) is False
            publish(events, 1)
            assert await follower.news(20)
            follower.take()
            waiting = asyncio.create_task(follower.news(20))
            await asyncio.sleep(0)
            publish(events, 2)
            assert await waiting

    in_loop(act)


def test_a_follower_of_a_world_that_ended_has_ended():
    async def act(events: Events) -> None:
        with events.follow() as before:
            assert not before.ended.done()
            events.close()
            events.close()
            assert before.ended.done()
        with events.follow() as after:
            assert after.ended.done()
        assert events.followers == 0

    in_loop(act)


def test_followers_that_are_about_as_far_share_the_text_of_an_event():
    async def act(events: Events) -> None:
        rendered: list[tuple[int, str]] = []
        events.publish("clock", 1)
        first = events.next_after(0)
        assert first is not None

        def text(event: WorldEvent, base_url: str) -> str:
            def render(event: WorldEvent) -> str:
                rendered.append((event.id, base_url))
                return f"{event.subject} at {base_url}"

            return events.text(event, base_url, render)

        with events.follow():
            assert [text(first, "a"), text(first, "a"), text(first, "b")] == ["1 at a", "1 at a", "1 at b"]
            assert rendered == [(first.id, "a"), (first.id, "b")]
            for number in range(SHARED):
                text(WorldEvent(first.id + 1 + number, "clock", number), "a")
            text(first, "a")
            assert rendered[-1] == (first.id, "a")
        text(first, "a")
        assert rendered[-2:] == [(first.id, "a")] * 2

    in_loop(act)
