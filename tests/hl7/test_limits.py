"""Messages exactly at the limits of size and form, and one beyond them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from sandbox.errors import Invalid, SandboxError, TooLarge, Unreadable
from sandbox.hl7.er7 import MOST_DELIMITERS, parse
from sandbox.hl7.inbound_message import MOST_ERRORS, Attempt, refuse
from sandbox.hl7.mllp import MOST_STRAY, Frames
from sandbox.hl7.timestamps import offset

START, END = b"\x0b", b"\x1c\r"
HEAD = "MSH|^~\\&|"


@pytest.mark.parametrize(
    ("text", "is_message"), [("MSH|^~\\&", True), ("MSH|^~\\", False), ("MSH", False), ("", False)]
)
def test_a_header_has_all_its_delimiters(text: str, is_message: bool):
    if is_message:
        assert parse(text).all[0].name == "MSH"
    else:
        with pytest.raises(Unreadable):
            parse(text)


def test_a_message_has_so_many_delimiters():
    rest = MOST_DELIMITERS - sum(map(HEAD.count, "|^~&"))
    parse(HEAD + "|" * rest)
    with pytest.raises(Invalid, match="delimiters"):
        parse(HEAD + "|" * (rest + 1))


FEEDS: dict[str, tuple[tuple[bytes, ...], list[bytes]]] = {
    "a message of the limit": ((START + b"x" * 9 + END,), [b"x" * 9]),
    "a message of the limit in pieces": ((START, b"x" * 9, END), [b"x" * 9]),
    "an empty message before one of the limit": ((START + END + START + b"x" * 9 + END,), [b"", b"x" * 9]),
    "two of them at once": ((START + b"x" * 9 + END + START + b"y" * 9 + END,), [b"x" * 9, b"y" * 9]),
    "noise before a message": ((b"noise" + START + b"x" + END,), [b"x"]),
    "a message whose end is lost": ((START + b"x" + START + b"y" + END,), [b"x", b"y"]),
}


@pytest.mark.parametrize("name", FEEDS)
def test_messages_up_to_the_limit_are_taken(name: str):
    pieces, expected = FEEDS[name]
    frames = Frames(9)
    assert [frame.content for piece in pieces for frame in frames.feed(piece)] == expected
    assert not frames.unfinished


@pytest.mark.parametrize("pieces", [(START + b"x" * 10 + END,), (START, b"x" * 10), (START + b"x" * 10,)])
def test_a_message_over_the_limit_is_refused(pieces: tuple[bytes, ...]):
    frames = Frames(9)
    with pytest.raises(TooLarge):
        [list(frames.feed(piece)) for piece in pieces]


@pytest.mark.parametrize("more", [-1, 0, 1, 5000])
def test_of_bytes_outside_of_a_message_the_beginning_is_kept(more: int):
    frames = Frames(10**6)
    assert list(frames.feed(b"MSH" + b"x" * (MOST_STRAY - 3 + more))) == []
    rest = frames.rest()
    assert rest is not None
    assert len(rest.content) == MOST_STRAY + min(more, 0)


@pytest.mark.parametrize(
    ("value", "hours"),
    [("20260310+0000", 0), ("20260310+1400", 14), ("20260310-1459", -14 - 59 / 60), ("20260310", None)],
)
def test_an_offset_is_read(value: str, hours: float | None):
    zone = offset(value)
    assert (zone.utcoffset(None) if zone else None) == (None if hours is None else timedelta(hours=hours))


@pytest.mark.parametrize("value", ["20260310+1500", "20260310+0060", "20260310-1460"])
def test_an_offset_beyond_every_zone_is_refused(value: str):
    with pytest.raises(ValueError, match="20260310"):
        offset(value)


def attempt(errors: list[Invalid] | None, error: Exception) -> None:
    with Attempt(errors):
        raise error


@pytest.mark.parametrize("collect", [refuse, attempt])
def test_errors_are_collected_until_the_list_is_full(collect: Callable[[list[Invalid] | None, Invalid], None]):
    error = Invalid("wrong")
    errors = [error] * (MOST_ERRORS - 1)
    collect(errors, error)
    assert len(errors) == MOST_ERRORS
    for full in (errors, None):
        with pytest.raises(SandboxError):
            collect(full, error)


def test_an_attempt_notes_whether_it_failed():
    errors: list[Invalid] = []
    with Attempt(errors) as good:
        pass
    with Attempt(errors) as bad:
        raise Invalid("wrong")
    assert (good.failed, bad.failed, len(errors)) == (False, True, 1)
    with pytest.raises(RuntimeError):
        attempt(errors, RuntimeError())
