"""A message that is there already is not waited for; any other is, with errors and cancellation as they come."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from starlette.types import Message

from sandbox.http.arrival import Arrival

MESSAGE: Message = {"type": "http.request", "body": b"x"}


async def _at_once() -> Message:
    return MESSAGE


async def _after_two_waits() -> Message:
    await asyncio.sleep(0)
    await asyncio.get_running_loop().run_in_executor(None, lambda: None)
    return MESSAGE


async def _lost() -> Message:
    await asyncio.sleep(0)
    raise ConnectionError("lost")


async def _never() -> Message:
    await asyncio.get_running_loop().create_future()
    raise AssertionError


async def _cancelled_but_going_on() -> Message:
    try:
        await asyncio.get_running_loop().create_future()
    except asyncio.CancelledError:
        return MESSAGE
    raise AssertionError


def _awaited(receive: Callable[[], Awaitable[Message]], seconds: float = 5.0) -> Message:
    async def run() -> Message:
        arrival = Arrival(receive())
        assert not arrival.has_come
        async with asyncio.timeout(seconds):
            return await arrival

    return asyncio.run(run())


def test_a_message_that_is_there_is_taken_without_waiting() -> None:
    async def run() -> Arrival:
        return Arrival(_at_once())

    arrival = asyncio.run(run())
    assert arrival.has_come
    assert arrival.message is MESSAGE


def test_a_message_that_comes_later_is_waited_for() -> None:
    assert _awaited(_after_two_waits) is MESSAGE


def test_an_error_while_waiting_is_raised() -> None:
    with pytest.raises(ConnectionError, match="lost"):
        _awaited(_lost)


def test_the_time_out_around_it_ends_the_wait() -> None:
    with pytest.raises(TimeoutError):
        _awaited(_never, 0.01)


def test_who_is_cancelled_may_still_give_the_message() -> None:
    async def run() -> Message:
        waiting = asyncio.ensure_future(Arrival(_cancelled_but_going_on()))
        await asyncio.sleep(0)
        waiting.cancel()
        message: Message = await waiting
        return message

    assert asyncio.run(run()) is MESSAGE
