"""The events of a world as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).

`event:` is the kind, `data:` one JSON object as other control calls show it, `id:` rises; `Last-Event-ID` resumes.
A comment says which events are no longer available.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox.base.whole_numbers import parse_digits
from sandbox.errors import Invalid
from sandbox.http.call import Call
from sandbox.http.connection import abort, disconnected
from sandbox.http.control_operations import ControlHandler
from sandbox.worlds.events import Follower, WorldEvent
from sandbox.worlds.slices import Slices

log = logging.getLogger("sandbox.control.events")

Renderer = Callable[[Call, Any], Any]
"""Returns the subject of an event as the control API represents it; None if it is no longer available."""

KEEP_ALIVE = 15.0
"""Seconds of silence after which a comment says that the stream lives."""
STALLED = 20.0
"""Seconds without reading after which a client's connection is ended."""
LAST = 1.0
"""Seconds that a client has to read the end of a stream."""
CHUNK = 64 * 1024
"""Characters after which events are no longer sent together."""


def follow_events(renderers: Mapping[str, Renderer]) -> ControlHandler:
    """The operation that streams events; other rooms say how theirs are shown."""

    def stream(call: Call) -> Response:
        return EventStream(call, renderers, _last_event_id(call))

    return stream


def _last_event_id(call: Call) -> int | None:
    """The id after which to begin. Raises Invalid."""
    text = call.headers.get("last-event-id", "")
    id_ = parse_digits(text, 18)
    if text and id_ is None:
        raise Invalid(f"Last-Event-ID must be the id of an event, not {text[:40]!r}")
    return id_


class EventStream(Response):
    """An answer that goes on until the client, the world or the server ends it, or the client stops reading."""

    media_type = "text/event-stream"

    def __init__(self, call: Call, renderers: Mapping[str, Renderer], after: int | None) -> None:
        self.status_code = 200
        self.background = None
        # nginx would hold events back to fill its buffer.
        self.init_headers({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._call = call
        self._renderers = renderers
        self._after = after
        self._base_url = call.base_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        gone = asyncio.create_task(disconnected(receive))
        try:
            if scope["method"] != "HEAD":
                await self._until_the_end(gone, send)
            if not gone.done():
                await self._end(gone, scope, send)
        finally:
            gone.cancel()

    async def _until_the_end(self, gone: asyncio.Task[None], send: Send) -> None:
        with self._call.workspace.events.follow(self._after) as follower:
            writing = asyncio.create_task(self._write(follower, send))
            try:
                await asyncio.wait({writing, gone, follower.ended}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                writing.cancel()
            (failure,) = await asyncio.gather(writing, return_exceptions=True)
        if isinstance(failure, TimeoutError):
            log.info("the follower of the events at %s read nothing for %s s", self._call.request.client, STALLED)
        elif isinstance(failure, Exception):
            log.error("the events stopped", exc_info=failure)

    async def _write(self, follower: Follower, send: Send) -> None:
        """Sends events and comments until it is cancelled. Raises TimeoutError when the client takes in nothing."""
        # A comment at once: clients and proxies see that the stream is open before the first event.
        text, slices = ": events of the world from now on\n\n", Slices()
        while True:
            async with asyncio.timeout(STALLED):
                await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
            await slices.pause()
            text = self._next(follower)
            while not text:
                is_silent = not await follower.news(KEEP_ALIVE)
                await slices.pause()  # one event wakes every follower
                # Due work is done by requests; a client that only follows events makes none.
                self._call.workspace.catch_up()
                text = self._next(follower) or (": keep-alive\n\n" if is_silent else "")

    def _next(self, follower: Follower) -> str:
        text = ""
        while len(text) < CHUNK:
            event, missed_up_to = follower.take()
            if event is None:
                break
            if missed_up_to:
                text += f": events up to {missed_up_to} are no longer available\n\n"
            text += self._call.workspace.events.text(event, self._base_url, self._rendered)
        return text

    def _rendered(self, event: WorldEvent) -> str:
        subject = self._renderers[event.kind](self._call, event.subject)
        if subject is None:
            return f": event {event.id} is no longer available\n\n"
        data = json.dumps(subject, separators=(",", ":"))
        return f"event: {event.kind}\ndata: {data}\nid: {event.id}\n\n"

    async def _end(self, gone: asyncio.Task[None], scope: Scope, send: Send) -> None:
        """End the answer, or the connection if the client does not read."""
        try:
            async with asyncio.timeout(LAST):
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            abort(scope)
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST):
                    await gone
