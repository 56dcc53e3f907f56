"""The events of a running sandbox as a client reads them: connected again after a loss, from where it was."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from sandbox.cli.control_client import CallFailed, ControlClient

SILENCE = 45.0
"""Seconds without a byte after which a connection counts as lost; the server breaks silence after 15."""
PAUSE = 1.0
"""Seconds between two attempts to connect again."""


class StreamEvent(NamedTuple):
    """One event, or a comment of the server, which has no kind."""

    kind: str
    id: str
    data: Any
    comment: str = ""


def stream_events(client: ControlClient, on_loss: Callable[[], None]) -> Iterator[StreamEvent]:
    """Events without end. `on_loss` is called when a connection that was there is lost.

    Raises CallFailed when the first connection fails, and later when the server refuses: its world is gone, say.
    """
    last_id, is_lost = "", False
    while True:
        try:
            headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last_id} if last_id else {})}
            with client.stream("/events", headers, SILENCE) as lines:
                is_lost = False
                for event in parsed(lines):
                    last_id = event.id or last_id
                    yield event
        except CallFailed as error:
            # A refusal is final. A lost server may come back, but one that never answered is rather a wrong URL.
            if error.status is not None or not (last_id or is_lost):
                raise
        except OSError:
            pass
        if not is_lost:
            on_loss()
        is_lost = True
        time.sleep(PAUSE)


def parsed(lines: Iterable[bytes]) -> Iterator[StreamEvent]:
    """The events and comments of a stream, each when its blank line has come."""
    fields: dict[str, str] = {}
    comments: list[str] = []
    for raw in lines:
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        name, _, value = line.partition(":")
        if line and name:
            # HTML, 9.2.6: a space behind the colon does not belong to the value.
            fields[name] = value.removeprefix(" ")
        elif line:
            comments.append(value.strip())
        elif fields or comments:
            data = json.loads(fields.get("data", "null"))
            yield StreamEvent(fields.get("event", ""), fields.get("id", ""), data, "\n".join(comments))
            fields, comments = {}, []
