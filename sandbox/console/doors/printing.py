"""Print JSON and HL7 as lines of tokens, each with the keys of the data that it shows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from sandbox.base.readable import shortened
from sandbox.console.doors.hl7_marks import Hl7Marks
from sandbox.console.doors.hl7_text import Hl7Text, Spot
from sandbox.console.doors.marks import Marks
from sandbox.console.doors.places import Path

LONGEST = 600
"""Maximum number of characters of a text; the rest is counted."""
NONE: frozenset[str] = frozenset()


class Token(NamedTuple):
    """A piece of text, and the keys of the data that it shows; punctuation, for example, shows none."""

    text: str
    keys: frozenset[str] = NONE


WIDTH = 68
"""A part of JSON that fits into so many characters, its indent included, is one line."""


def json_tokens(value: Any, marks: Marks) -> list[Token]:
    """Return a JSON value with an indent of two; only scalars are marked, texts without their quotes."""
    return list(_joined(_json(value, (), marks, "")))


def _json(value: Any, path: Path, marks: Marks, indent: str) -> Iterator[Token]:
    if isinstance(value, (dict, list)) and value:
        yield from _container(value, path, marks, indent)
    elif isinstance(value, str):
        yield Token('"')
        yield Token(_quoted(value)[1:-1], marks.get(path, NONE))
        yield Token('"')
    else:
        yield Token(json.dumps(value), marks.get(path, NONE))


def _container(value: dict[str, Any] | list[Any], path: Path, marks: Marks, indent: str) -> Iterator[Token]:
    """Return an object or a list, on one line if it is short and not the whole answer."""
    items: list[tuple[str | int, Any]] = [*(_members(value) if isinstance(value, dict) else enumerate(value))]
    is_short = bool(path) and len(indent) + len(json.dumps(value, ensure_ascii=False)) <= WIDTH
    start, end = "{}" if isinstance(value, dict) else "[]"
    below, line_end = ("", " ") if is_short else (f"{indent}  ", "\n")
    yield Token(start if is_short else f"{start}\n")
    for number, (name, part) in enumerate(items, 1):
        yield Token(below + (f"{_quoted(str(name))}: " if isinstance(value, dict) else ""))
        yield from _json(part, (*path, name), marks, below or indent)
        yield Token(f",{line_end}" if number < len(items) else line_end.strip(" "))
    yield Token(end if is_short else indent + end)


def _members(value: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return the members of an object; `meta` of a resource last, because it is not about the patient."""
    return sorted(value.items(), key=lambda member: "resourceType" in value and member[0] == "meta")


def _quoted(text: str) -> str:
    return json.dumps(shortened(text, LONGEST, has_length=True), ensure_ascii=False)


def hl7_tokens(text: Hl7Text, marks: Hl7Marks) -> list[Token]:
    """Return a message, one segment a line."""
    by_line: dict[int, list[tuple[Spot, frozenset[str]]]] = {}
    for spot, keys in marks.items():
        by_line.setdefault(spot.line, []).append((spot, keys))
    return list(_joined(token for line in range(len(text.lines)) for token in _line(text, line, by_line.get(line, []))))


def _line(text: Hl7Text, line: int, spots: list[tuple[Spot, frozenset[str]]]) -> Iterator[Token]:
    """Cut a line at the ends of all its marked parts, so that parts inside parts are marked with both."""
    content = text.lines[line]
    edges = sorted({0, len(content), *(edge for spot, _ in spots for edge in (spot.start, spot.end))})
    for start, end in pairwise(edges):
        covering = (keys for spot, keys in spots if spot.start <= start and end <= spot.end)
        piece = content[start:end]
        # A delimiter between two marked parts belongs to neither.
        is_delimiter = len(piece) == 1 and piece in (text.component, text.repetition, text.field)
        yield Token(shortened(piece, LONGEST, has_length=True), NONE if is_delimiter else NONE.union(*covering))
    yield Token("\n")


def _joined(tokens: Iterator[Token]) -> Iterator[Token]:
    """Join neighbours without a mark."""
    plain = ""
    for token in tokens:
        if not token.keys:
            plain += token.text
            continue
        if plain:
            yield Token(plain)
            plain = ""
        yield token
    if plain:
        yield Token(plain)
