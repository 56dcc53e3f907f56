"""Frames of MLLP: any cut, damage or oversize of a stream gives each message once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.errors import TooLarge
from sandbox.hl7.mllp import NO_END, NO_START, REPLACED, Frame, Frames, framed

STREAM = framed("MSH|1") + b"\r\n" + framed("MSH|2") + b"noise" + framed("MSH|\u00e9")
MESSAGES = [b"MSH|1", b"MSH|2", "MSH|\u00e9".encode()]


def contents(frames: Frames, data: bytes) -> list[bytes]:
    """The contents of the whole frames that some bytes complete."""
    return [frame.content for frame in frames.feed(data) if not frame.fault]


def test_a_stream_that_comes_at_once_is_split_into_messages():
    assert contents(Frames(100), STREAM) == MESSAGES


def test_a_stream_that_comes_byte_by_byte_is_split_into_messages():
    frames = Frames(100)
    assert [message for byte in STREAM for message in contents(frames, bytes([byte]))] == MESSAGES
    assert not frames.unfinished


def test_trailing_bytes_are_the_beginning_of_the_next():
    frames = Frames(100)
    assert contents(frames, STREAM + b"\x0bMSH|4") == MESSAGES
    assert frames.unfinished
    assert contents(frames, b"\x1c\r") == [b"MSH|4"]


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_any_cut_gives_the_same_messages(cuts: list[int]):
    frames, edges = Frames(100), [0, *sorted(cuts), len(STREAM)]
    assert [m for start, end in pairwise(edges) for m in contents(frames, STREAM[start:end])] == MESSAGES


LIMIT = 10
CUTS = {"whole": 100, "byte by byte": 1, "in pieces": 7}


def read(stream: bytes, size: int, limit: int = LIMIT) -> Iterator[Frame]:
    """The frames of a stream that arrives in pieces of some size, and then ends."""
    frames = Frames(limit)
    for at in range(0, len(stream), size):
        yield from frames.feed(stream[at : at + size])
    rest = frames.rest()
    if rest is not None:
        yield rest


@pytest.mark.parametrize("size", CUTS.values(), ids=CUTS)
def test_a_message_of_the_limit_is_read_however_it_is_cut(size: int):
    assert list(read(b"\x0b" + b"x" * LIMIT + b"\x1c\r", size)) == [Frame(b"x" * LIMIT)]


@pytest.mark.parametrize("size", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize("end", [b"", b"\x1c", b"\x1c\r"], ids=["unfinished", "half an end", "finished"])
def test_a_message_over_the_limit_is_too_large_however_it_is_cut(end: bytes, size: int):
    with pytest.raises(TooLarge, match="larger than 10 bytes"):
        list(read(b"\x0b" + b"x" * (LIMIT + 2) + end, size))


@pytest.mark.parametrize("size", CUTS.values(), ids=CUTS)
def test_messages_before_an_oversized_one_are_read(size: int):
    messages = read(b"\x0bone\x1c\r\x0btwo\x1c\r\x0b" + b"x" * 50, size)
    assert [next(messages), next(messages)] == [Frame(b"one"), Frame(b"two")]
    with pytest.raises(TooLarge):
        next(messages)


FRAMING = {
    "a start within a message": (b"\x0bMSH|1\x0bMSH|2\x1c\r", [Frame(b"MSH|1", REPLACED), Frame(b"MSH|2")]),
    "two starts": (b"\x0b\x0bMSH|2\x1c\r", [Frame(b"", REPLACED), Frame(b"MSH|2")]),
    "an end without a return": (b"\x0bMSH|1\x1c\x0bMSH|2\x1c", [Frame(b"MSH|1"), Frame(b"MSH|2")]),
    "an end with a line feed": (b"\x0bMSH|1\x1c\n\x0bMSH|2\x1c\r\n", [Frame(b"MSH|1"), Frame(b"MSH|2")]),
    "a message without a start": (
        b"MSH|1\x1c\r\x0bMSH|2\x1c\r",
        [Frame(b"MSH|1", NO_START), Frame(b"MSH|2")],
    ),
    "a message behind an end": (
        b"\x0bMSH|1\x1cMSH|2\x1c\r",
        [Frame(b"MSH|1"), Frame(b"MSH|2", NO_START)],
    ),
    "a message without framing": (b"\xef\xbb\xbfMSH|1\r", [Frame(b"\xef\xbb\xbfMSH|1\r", NO_START)]),
    "a message without an end": (b"\x0bMSH|1\r", [Frame(b"MSH|1\r", NO_END)]),
    "an end alone": (b"\x1c\r\x1c\r", []),
    "an empty frame": (b"\x0b\x1c\r", [Frame(b"")]),
    "noise": (b"GET / HTTP/1.1\r\n\r\n\x1c\r\x0bMSH|1\x1c\rnoise", [Frame(b"MSH|1")]),
}


@pytest.mark.parametrize("size", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize("name", FRAMING)
def test_of_a_damaged_stream_no_message_is_lost(name: str, size: int):
    stream, expected = FRAMING[name]
    assert list(read(stream, size, 100)) == expected


PIECE = st.binary(max_size=6) | st.sampled_from([b"\x0b", b"\x1c", b"\x1c\r", b"\r"])


@given(st.lists(st.sampled_from([b"MSH|1", b"MSH|22"]) | PIECE, max_size=12), st.integers(1, 9))
def test_of_any_stream_every_message_is_given_once(pieces: list[bytes], size: int):
    stream = b"".join(pieces)
    frames = list(read(stream, size, 1000))
    assert frames == list(read(stream, len(stream) + 1, 1000))
    starts = stream.count(b"\x0b")
    assert sum(frame.fault != NO_START for frame in frames) == starts
    assert all(frame.content in stream for frame in frames)


def test_the_framing_characters_inside_a_text_do_not_end_its_frame():
    (message,) = Frames(100).feed(framed("MSA|AA|a\x1c\rQRD|\x0b"))
    assert message == Frame(b"MSA|AA|a \rQRD| ")


def test_a_message_after_much_noise_is_read():
    frames = Frames(10_000)
    assert list(frames.feed(b"x" * 5_000)) == []
    assert list(frames.feed(framed("MSH|1"))) == [Frame(b"MSH|1")]


def test_noise_without_a_frame_is_not_kept():
    frames = Frames(10)
    assert list(frames.feed(b"x" * 100_000)) == []
    assert not frames.unfinished
    assert len(frames._buffer) <= 4096


def test_a_frame_says_when_it_began():
    frames = Frames(LIMIT)
    feeds = [(1.0, b"\x0bone\x1c\r"), (2.0, b"\x0btw"), (3.0, b"o\x1c"), (4.0, b"\r\x0bthree\x1c\r\x0bfo"), (5.0, b"u")]
    began = {frame.content: frame.began for now, data in feeds for frame in frames.feed(data, now)}
    assert began == {b"one": 1.0, b"two": 2.0, b"three": 4.0}
    assert frames.rest() == Frame(b"fou", NO_END, 4.0)
