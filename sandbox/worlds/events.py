"""The events of one world: a bounded ring of what happened last, which any number of followers read at their own pace.

A follower is a place in the ring, so one that reads slowly costs no memory: it misses what the ring has dropped. Of an
exchange the ring has the id: the journal alone decides how long exchanges are kept.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from itertools import islice
from types import TracebackType
from typing import Any, NamedTuple, Self

KINDS = ("exchange", "outbox", "held", "fault", "clock")
KEPT = 5000
"""Maximum number of events in the ring."""
SHARED = 16
"""Maximum number of events whose texts are kept for other followers."""


class WorldEvent(NamedTuple):
    """One event; `subject` is its entity at that time, or the id of an exchange."""

    id: int
    kind: str
    subject: Any


class Events:
    """The ring. Ids rise by one from a time in milliseconds, so those of a restarted server are higher than before."""

    def __init__(self, kept: int = KEPT) -> None:
        self._ring: deque[WorldEvent] = deque(maxlen=kept)
        self._followers: set[Follower] = set()
        self._is_open = True
        self._texts: dict[tuple[int, str], str] = {}
        self.before_first = self.newest = time.time_ns() // 1_000_000

    def publish(self, kind: str, subject: Any) -> None:
        """Add an event; almost free while nobody follows, because followers render events."""
        self.newest += 1
        self._ring.append(WorldEvent(self.newest, kind, subject))
        for follower in self._followers:
            follower.wake()

    def follow(self, after: int | None = None) -> Follower:
        """Return a follower of the events after an id, as a context manager; without an id, of future ones."""
        return Follower(self, self.newest if after is None else after)

    def next_after(self, id_: int) -> WorldEvent | None:
        """Return the oldest available event after an id; for a future id, the oldest of all."""
        # An id from the future is one of an earlier run whose clock was ahead: the follower starts again.
        newer = min(self.newest - id_, len(self._ring)) if id_ <= self.newest else len(self._ring)
        return self._ring[-newer] if newer else None

    def latest(self, kind: str, most: int) -> list[WorldEvent]:
        """Return the available events of a kind, newest first, at most that many."""
        return list(islice((event for event in reversed(self._ring) if event.kind == kind), most))

    def enter(self, follower: Follower) -> None:
        self._followers.add(follower)
        # It is told at once: `close` has passed already, and nobody would end it later.
        if not self._is_open:
            follower.end()

    def leave(self, follower: Follower) -> None:
        self._followers.discard(follower)
        if not self._followers:
            self._texts.clear()

    def text(self, event: WorldEvent, base_url: str, render: Callable[[WorldEvent], str]) -> str:
        """Return the text of an event for followers of one base URL, rendered once for those near the same event."""
        key = (event.id, base_url)
        text = self._texts.get(key)
        if text is None:
            text = self._texts[key] = render(event)
            if len(self._texts) > SHARED:
                del self._texts[next(iter(self._texts))]
        return text

    def forget_texts(self) -> None:
        """Render events anew for further followers, because their exchanges have been dropped."""
        self._texts.clear()

    def close(self) -> None:
        """End every follower, also future ones, because the world or the server ends."""
        self._is_open = False
        for follower in self._followers:
            follower.end()

    @property
    def followers(self) -> int:
        """The number of followers."""
        return len(self._followers)


class Follower:
    """Reads the events of a world from a position. `ended` is set when there will be no more."""

    def __init__(self, events: Events, after: int) -> None:
        self._events = events
        self._after = after
        self._news = asyncio.Event()
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def __enter__(self) -> Self:
        self._events.enter(self)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._events.leave(self)

    def take(self) -> tuple[WorldEvent | None, int]:
        """Return the next event, and the id up to which earlier ones were missed; 0 if none were."""
        event = self._events.next_after(self._after)
        if event is None:
            return None, 0
        before, last_missed = self._after, event.id - 1
        self._after = event.id
        # A follower that asks from 0 on wants everything there is, and has missed nothing if the ring is still whole.
        was_kept = before >= last_missed or (before == 0 and last_missed == self._events.before_first)
        return event, 0 if was_kept else last_missed

    async def news(self, seconds: float) -> bool:
        """Wait for a new event; False if none came in time."""
        if self._events.next_after(self._after):
            return True
        self._news.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return False
        return True

    def wake(self) -> None:
        self._news.set()

    def end(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)
