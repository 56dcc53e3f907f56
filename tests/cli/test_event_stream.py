"""Following the events of a running sandbox, in this process: what is lost is asked for again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest

from sandbox.cli import event_stream
from sandbox.cli.control_client import CallFailed


class Connections:
    """A client whose connections end after their lines; `None` is one that fails, an int a refusal."""

    def __init__(self, *scripts: list[bytes] | int | None) -> None:
        self.scripts = list(scripts)
        self.headers: list[dict[str, str]] = []

    @contextmanager
    def stream(self, path: str, headers: dict[str, str], silence: float) -> Iterator[list[bytes]]:
        self.headers.append(headers)
        script = self.scripts.pop(0)
        if script is None:
            raise CallFailed("no response")
        if isinstance(script, int):
            raise CallFailed("refused", status=script)
        yield script


def event(number: int) -> list[bytes]:
    return [b"event: clock\n", b'data: {"now": "x"}\n', f"id: {number}\n".encode(), b"\n"]


def test_a_lost_connection_is_made_again_after_the_last_event(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(event_stream, "PAUSE", 0)
    client, lost = Connections([b": hello\n", b"\n", *event(7)], None, event(8), 404), []
    followed = event_stream.stream_events(cast(Any, client), lambda: lost.append(True))
    with pytest.raises(CallFailed, match="refused"):
        list(followed)
    assert [headers.get("Last-Event-ID") for headers in client.headers] == [None, "7", "7", "8"]
    assert len(lost) == 2


def test_a_server_that_was_never_there_is_an_error():
    followed = event_stream.stream_events(cast(Any, Connections(None)), lambda: None)
    with pytest.raises(CallFailed, match="no response"):
        next(followed)
