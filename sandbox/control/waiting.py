"""Calls that wait: answered as soon as something matches, or empty after their time."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TypeVar

from starlette.requests import ClientDisconnect

from sandbox.errors import Invalid
from sandbox.http.call import Call
from sandbox.http.connection import disconnected
from sandbox.worlds.listeners import Remove
from sandbox.worlds.slices import Slices

LONGEST_WAIT = 600
"""Maximum wait in seconds."""
_SECONDS = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,3})?")

Match = TypeVar("Match")
Wake = Callable[[], None]
"""Wake the waiting call to look again; may be called from any thread."""


def seconds_of(query: Mapping[str, str]) -> float:
    """Parse the parameter `wait`; 0 if it is missing. Raises Invalid."""
    text = query.get("wait", "0")
    if not _SECONDS.fullmatch(text) or float(text) > LONGEST_WAIT:
        raise Invalid(f"wait must be a number of seconds from 0 to {LONGEST_WAIT}, not {text[:80]!r}")
    return float(text)


async def first_matches(
    call: Call,
    seconds: float,
    look: Callable[[], Awaitable[list[Match]]],
    wake_on: Callable[[Wake], Remove],
    due_in: Callable[[], float] = lambda: math.inf,
) -> list[Match]:
    """Return the first result of `look` that is not empty; an empty one after the time, or when the server stops."""
    slices = Slices()
    await slices.pause()
    if not seconds:
        return await look()
    loop = asyncio.get_running_loop()
    end, woken = loop.time() + seconds, asyncio.Event()

    def wake() -> None:
        with suppress(RuntimeError):  # the loop of the call has ended
            loop.call_soon_threadsafe(woken.set)

    def stop(_: None) -> None:
        nonlocal end
        end = 0
        wake()

    # A client that has gone needs no answer, and its listeners must not pile up.
    client_gone = asyncio.create_task(disconnected(call.request.receive))
    client_gone.add_done_callback(lambda _: woken.set())
    removals = (wake_on(wake), call.workspace.ending.add(stop))
    try:
        while not (matches := await look()):
            if client_gone.done():
                raise ClientDisconnect
            if (rest := end - loop.time()) <= 0:
                break
            # Due work may create what the call waits for, without a request that would wake it.
            await _until(woken, min(rest, due_in()))
            await slices.pause()  # one event may wake many calls, and many may wait until the same time
        return matches
    finally:
        client_gone.cancel()
        for remove in removals:
            remove()


async def _until(woken: asyncio.Event, seconds: float) -> None:
    """Wait for an event, which is cleared, or for the end of the time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await woken.wait()
    woken.clear()
