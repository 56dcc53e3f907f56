"""Calls that wait: answered as soon as something matches, or with nothing at the end of their time."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import TypeVar

from sandbox.errors import Invalid
from sandbox.http.call import Call

LONGEST_WAIT = 300.0
"""Seconds that a call may wait."""
PAUSE = 0.02
"""Seconds between two looks while a call waits."""
Match = TypeVar("Match")


def seconds_of(criteria: dict[str, str]) -> float:
    """The parameter `wait`, 0 when it is not there. Raises Invalid."""
    text = criteria.get("wait", "0")
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= LONGEST_WAIT:
        raise Invalid(f"wait must be a number of seconds from 0 to {LONGEST_WAIT:g}, not {text!r}")
    return seconds


async def first_matches(call: Call, seconds: float, look: Callable[[], list[Match]]) -> list[Match]:
    """What `look` finds first, or nothing at the end, or when the caller has gone; other requests go on meanwhile."""
    end = asyncio.get_running_loop().time() + seconds
    matches = look()
    while not matches and (pause := min(PAUSE, end - asyncio.get_running_loop().time())) > 0:
        await asyncio.sleep(pause)
        if await call.request.is_disconnected():
            break
        matches = look()
    return matches
