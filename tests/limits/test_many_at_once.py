"""What is due for many clients in one turn of the loop is spread over many turns."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from sandbox.app import create_app
from sandbox.control import exports
from sandbox.hl7.mllp_listener import MllpListener
from sandbox.http import front_end
from sandbox.settings import Settings
from sandbox.worlds import slices
from sandbox.worlds.exchange import Exchange
from sandbox.worlds.loop_turns import LoopTurns, loop_turns
from sandbox.worlds.workspaces import Workspaces
from tests.limits.turn_counting import counted_turns

MANY = 40


@pytest.fixture(autouse=True)
def shortest_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every turn is over at once, so that counts of turns do not depend on the machine."""
    monkeypatch.setattr(slices, "SLICE", -1.0)
    monkeypatch.setattr(front_end, "TURN", -1.0)


def most_in_a_turn(turns: list[int]) -> int:
    return max(Counter(turns).values())


async def answer(app: Any, path: str, on_message: Callable[[Any], object] = lambda message: None) -> None:
    """Ask an application for a path, without a client's own turns, and pass on each message of the answer."""
    scope = {
        "type": "http",
        "method": "GET",
        "path": path.partition("?")[0],
        "query_string": path.partition("?")[2].encode(),
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8080),
        "scheme": "http",
        "http_version": "1.1",
    }
    gone = asyncio.Event()

    async def receive() -> Any:
        if gone.is_set():
            await asyncio.Event().wait()
        gone.set()
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        on_message(message)

    await app(scope, receive, send)


def test_tasks_that_begin_together_go_on_in_their_order_one_in_a_turn():
    async def main() -> tuple[list[int], list[int]]:
        order, turns = [], []

        async def work(number: int) -> None:
            await loop_turns().mine(-1.0)
            order.append(number)
            turns.append(turn())

        with counted_turns() as turn:
            await asyncio.gather(*map(work, range(MANY)))
        return order, turns

    order, turns = asyncio.run(main())
    assert order == list(range(MANY))
    assert most_in_a_turn(turns) <= 2, "the one that the turn begins with, and the first of the queue"


def test_several_go_on_in_a_turn_that_is_not_over():
    async def main() -> int:
        turns = loop_turns()

        async def work() -> None:
            await turns.mine(3600.0 if turns.waiting == MANY - 1 else -1.0)

        tasks = [asyncio.create_task(work()) for _ in range(MANY)]
        await asyncio.gather(*tasks)
        return turns.waiting

    assert asyncio.run(main()) == 0


def test_a_task_that_gives_up_takes_nobodys_place():
    async def main() -> int:
        turns, rest = loop_turns(), 0

        async def work() -> None:
            nonlocal rest
            await turns.mine(-1.0)
            rest += 1

        tasks = [asyncio.create_task(work()) for _ in range(MANY)]
        await asyncio.sleep(0)
        for task in tasks[1::2]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return rest

    assert asyncio.run(main()) == MANY // 2


def test_each_loop_has_turns_of_its_own():
    async def main() -> tuple[LoopTurns, LoopTurns]:
        return loop_turns(), loop_turns()

    (first, again), (other, _) = asyncio.run(main()), asyncio.run(main())
    assert first is again
    assert first is not other


def test_whether_the_server_lives_is_answered_before_many_requests_that_came_earlier():
    async def main() -> int:
        app = create_app(Workspaces(Settings()))
        for path in ("/_sandbox/openapi.json", "/_sandbox/health/live"):
            await answer(app, path)
        many = [asyncio.create_task(answer(app, "/_sandbox/openapi.json")) for _ in range(MANY)]
        await asyncio.create_task(answer(app, "/_sandbox/health/live"))
        answered = sum(task.done() for task in many)
        await asyncio.gather(*many)
        return answered

    assert asyncio.run(main()) < MANY // 4


async def of_many(
    workspaces: Workspaces, path: str, act: Callable[[], Awaitable[None]], is_over: Callable[[bytes], bool]
) -> list[int]:
    """Ask for a path many times at once, act when all wait, and return the turns in which their answers came."""
    app, turns = create_app(workspaces), []
    with counted_turns() as turn:

        def note(message: Any) -> None:
            if is_over(message.get("body", b"")):
                turns.append(turn())

        tasks = [asyncio.create_task(answer(app, path, note)) for _ in range(MANY)]
        while (
            not any(task.done() for task in tasks) and len(workspaces.default.ending) < MANY and not _follow(workspaces)
        ):
            await asyncio.sleep(0.001)
        await act()
        async with asyncio.timeout(20):
            while len(turns) < MANY:
                await asyncio.sleep(0.001)
        workspaces.default.end_waits()
        await asyncio.gather(*tasks)
    return turns


def _follow(workspaces: Workspaces) -> bool:
    return workspaces.default.events.followers == MANY


def exchange(workspaces: Workspaces) -> Exchange:
    return Exchange(id="e1", at=workspaces.default.clock.now(), api="rest", method="GET", path="/json/awaited")


@pytest.mark.parametrize("criteria", ["text=awaited", "api=rest"])
def test_waiting_calls_that_match_together_are_answered_one_by_one(criteria: str):
    async def main() -> list[int]:
        workspaces = Workspaces(Settings())

        async def act() -> None:
            workspaces.default.exchanges.add(exchange(workspaces))

        return await of_many(
            workspaces, f"/_sandbox/exchanges?wait=60&{criteria}", act, lambda body: b"awaited" in body
        )

    assert most_in_a_turn(asyncio.run(main())) <= 2


def test_followers_of_the_events_are_told_one_by_one():
    async def main() -> list[int]:
        workspaces = Workspaces(Settings())

        async def act() -> None:
            workspaces.default.exchanges.add(exchange(workspaces))

        return await of_many(workspaces, "/_sandbox/events", act, lambda body: b"event: exchange" in body)

    assert most_in_a_turn(asyncio.run(main())) <= 2


def test_half_mllp_messages_that_time_out_together_are_refused_one_by_one():
    async def main() -> list[int]:
        workspaces, turns = Workspaces(Settings()), []
        listening = socket.create_server(("127.0.0.1", 0))
        listener = MllpListener(workspaces, half_sent=0.2)
        await listener.start(listening)
        with counted_turns() as turn:
            workspaces.default.exchanges.kept.add(lambda exchange: turns.append(turn()))
            peers = [await asyncio.open_connection(*listening.getsockname()) for _ in range(MANY)]
            for _, writer in peers:
                writer.write(b"\x0bMSH|^~\\&|half")
            await asyncio.gather(*(reader.read() for reader, _ in peers))
        for _, writer in peers:
            writer.close()
        await listener.stop()
        return turns

    turns = asyncio.run(main())
    assert len(turns) == MANY
    assert most_in_a_turn(turns) <= 2


def test_the_first_rows_of_many_lists_are_rendered_in_turns_of_their_own():
    async def main() -> list[int]:
        turns: list[int] = []

        def exchanges() -> Iterator[Exchange]:
            turns.append(turn())
            yield from ()

        async def read() -> None:
            async for _ in exports.listed(exchanges(), 0).body_iterator:  # type: ignore[attr-defined]
                pass

        with counted_turns() as turn:
            await asyncio.gather(*(read() for _ in range(MANY)))
        return turns

    turns = asyncio.run(main())
    assert len(turns) == MANY
    assert most_in_a_turn(turns) <= 2
