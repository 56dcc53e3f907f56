"""Change bytes as a fuzzer does: bits, pieces and numbers of an input, and words of its target."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

LARGEST = 65_536
"""Bytes of a mutated input."""

ODD = (
    b"", b"\x00", b"\xff", b"\x80", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", "\ufeff".encode(),
    "\u2028".encode(), "\u202e".encode(), "\u0130".encode(), "\u00df".encode(), "\U0001f600".encode(),
    "\u0660".encode(), "\u00b2".encode(), b"%", b"%00", b"%ff", b"\\", b"\\u0000", b"\\ud800", b"'", b'"', b"\r\n",
    b"\r", b"\n", b"\t", b" ", b"0", b"-1", b"1e999", b"-0", b"NaN", b"2147483648", b"9223372036854775808",
    b"99999999999999999999999999", b"0000", b"9999", b"true", b"null", b"{", b"[",
)  # fmt: skip
"""Pieces that break parsers of any format."""

Mutation = Callable[[bytes, Random, Sequence[bytes], Sequence[bytes]], bytes]


def mutated(data: bytes, random: Random, words: Sequence[bytes], others: Sequence[bytes]) -> bytes:
    """Return an input after one to five changes. `words` are put in, and pieces of `others` as well."""
    for _ in range(random.choice((1, 1, 2, 3, 5))):
        data = random.choice(MUTATIONS)(data, random, words, others)[:LARGEST]
    return data


def _flip(data: bytes, random: Random, words: Sequence[bytes], others: Sequence[bytes]) -> bytes:
    if not data:
        return data
    at = random.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]


def _insert(data: bytes, random: Random, words: Sequence[bytes], others: Sequence[bytes]) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + random.choice((*ODD, *words, *words)) + data[at:]


def _replace(data: bytes, random: Random, words: Sequence[bytes], others: Sequence[bytes]) -> bytes:
    start, end = _piece(data, random)
    return data[:start] + random.choice((*ODD, *words, *words)) + data[end:]


def _cut(data: bytes, random: Random, words: Sequence[bytes], others: Sequence[bytes]) -> bytes:
    start, end = _piece(data, random)
    return data[:start] + data[end:]


def _repeat(data: bytes, random: Random, words: Sequence[bytes], others: Sequence[bytes]) -> bytes:
    start, end = _piece(data, random)
    times = random.choice((2, 2, 3, 10, 100, 1000))
    return data[:start] + data[start:end] * min(times, LARGEST // max(end - start, 1)) + data[end:]


def _splice(data: bytes, random: Random, words: Sequence[bytes], others: Sequence[bytes]) -> bytes:
    other = random.choice(others) if others else data
    start, end = _piece(other, random)
    at = random.randrange(len(data) + 1)
    return data[:at] + other[start:end] + data[at:]


def _swap(data: bytes, random: Random, words: Sequence[bytes], others: Sequence[bytes]) -> bytes:
    first, second = sorted((random.randrange(len(data) + 1), random.randrange(len(data) + 1)))
    return data[second:] + data[first:second] + data[:first]


def _piece(data: bytes, random: Random) -> tuple[int, int]:
    start = random.randrange(len(data) + 1)
    return start, min(len(data), start + random.choice((1, 1, 2, 4, 8, 32, 200)))


MUTATIONS: tuple[Mutation, ...] = (_flip, _insert, _insert, _replace, _replace, _cut, _repeat, _splice, _swap)
