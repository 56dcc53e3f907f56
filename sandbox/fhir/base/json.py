"""JSON without loss: numbers keep their digits, objects their order, and duplicate keys are refused.

Source of the refusals: RFC 8259 (https://www.rfc-editor.org/rfc/rfc8259) and https://hl7.org/fhir/R4/json.html
"""

from __future__ import annotations

import json
import re
from collections import Counter
from decimal import Decimal, InvalidOperation
from operator import itemgetter
from typing import Any, NoReturn

from sandbox import facts
from sandbox.errors import Unreadable

DEEPEST, WIDEST = facts.value("customer.json")
"""Maximum depth of a document, and maximum members of one object or list in it."""

PIECE = 500
"""Members of a long list that are written at once."""

_MARK = "\udfff"
"""An unpaired surrogate: no accepted text contains it, so it can mark numbers when JSON is written."""

_CONTAINERS = frozenset({dict, list})
"""The types of a parsed document's objects and lists."""
_MARKED = re.compile(f'"{_MARK}([^"]*)"')
# UTF-8 cannot encode half a character: only an escape can bring one in, and few bodies have such escapes.
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


class NotJson(Unreadable):
    """A body that is not JSON in UTF-8."""


class Number(Decimal):
    """A number as it was written: `1.10`, `1e400`, `-0`."""

    __slots__ = ("lexeme",)
    lexeme: str

    def __new__(cls, lexeme: str) -> Number:
        try:
            number = super().__new__(cls, lexeme)
        except InvalidOperation as error:
            raise Unreadable("A number in the body is out of range", rule="customer.json") from error
        number.lexeme = lexeme
        return number

    # Decimal's own copies str(self), which is not always the lexeme: 1e400 becomes 1E+400.
    def __deepcopy__(self, memo: object) -> Number:
        return self


def parse(body: bytes, *, allows_duplicate_keys: bool = False) -> Any:
    """Parse the JSON of a body: objects as dicts, whole numbers as int, other numbers as Number.

    A byte order mark is dropped. Raises NotJson for invalid JSON, and Unreadable for what JSON leaves open: duplicate
    keys unless they are allowed, more than `DEEPEST` levels or `WIDEST` members.
    """
    try:
        text = body.decode("utf-8-sig")
        tree = (_LENIENT if allows_duplicate_keys else _STRICT).decode(text)
    except UnicodeDecodeError as error:
        raise _not_json("is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise _not_json(f"is not JSON: {error}") from error
    except RecursionError as error:
        raise _not_json(f"has more than {DEEPEST} levels") from error
    if _HALF.search(text):
        _check_whole_characters(tree)
    check_bounds(tree)
    return tree


def parse_stored(text: str) -> Any:
    """Parse what `render` has written: it needs no checks."""
    return _STORED.decode(text)


def render(tree: Any, indent: int | None = None) -> str:
    """Write a tree as text, numbers as they were written; without spaces unless indented."""
    if indent is None and isinstance(tree, dict) and any(map(_is_long, tree.values())):
        return f"{{{','.join(f'{render(name)}:{_in_pieces(value)}' for name, value in tree.items())}}}"
    text = json.dumps(tree, ensure_ascii=False, default=_lexeme, indent=indent) if indent else _COMPACT.encode(tree)
    return _MARKED.sub(r"\1", text) if _MARK in text else text


def _is_long(value: Any) -> bool:
    return isinstance(value, list) and len(value) > PIECE


def _in_pieces(value: Any) -> str:
    """Write a value; a long list in pieces, between which other threads run."""
    if not _is_long(value):
        return render(value)
    pieces = (render(value[start : start + PIECE])[1:-1] for start in range(0, len(value), PIECE))
    return f"[{','.join(pieces)}]"


def check_bounds(tree: Any) -> None:
    """Raise Unreadable for a tree that is too deep or too wide."""
    # Level by level, not by recursion: the depth of a body must not decide the depth of the stack.
    level = [tree] if type(tree) in _CONTAINERS else []
    for _ in range(DEEPEST + 1):
        if max(map(len, level), default=0) > WIDEST:
            raise _unreadable(f"has an object or list of more than {WIDEST} members")
        level = [
            member
            for node in level
            for member in (node.values() if type(node) is dict else node)
            if type(member) in _CONTAINERS
        ]
        if not level:
            return
    raise _unreadable(f"has more than {DEEPEST} levels")


def _whole(lexeme: str) -> int | Number:
    # An int would lose the sign of -0, and converting thousands of digits takes quadratic time.
    return int(lexeme) if len(lexeme) < 20 and lexeme != "-0" else Number(lexeme)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        counts = Counter(map(itemgetter(0), pairs))
        twice = next(name for name, _ in pairs if counts[name] > 1)
        raise _unreadable(f"contains the duplicate key {twice[:100]!a} in one object")
    return members


def _constant(name: str) -> NoReturn:
    raise _not_json(f"is not JSON: {name} is not a number")


# Made once: the functions of `json` make a new one for each call that has options.
_STORED = json.JSONDecoder(parse_int=_whole, parse_float=Number)
_LENIENT = json.JSONDecoder(parse_int=_whole, parse_float=Number, parse_constant=_constant)
_STRICT = json.JSONDecoder(parse_int=_whole, parse_float=Number, parse_constant=_constant, object_pairs_hook=_object)


def _check_whole_characters(tree: Any) -> None:
    text = json.dumps(tree, ensure_ascii=False, default=str)
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise _not_json("contains an unpaired surrogate (invalid Unicode)")


def _lexeme(number: Number) -> str:
    return _MARK + number.lexeme


# A tree comes from JSON, which has no circles: not to look for them takes a quarter of the time less.
_COMPACT = json.JSONEncoder(ensure_ascii=False, default=_lexeme, separators=(",", ":"), check_circular=False)


def _unreadable(text: str) -> Unreadable:
    return Unreadable(f"The body {text}", rule="customer.json")


def _not_json(text: str) -> NotJson:
    return NotJson(f"The body {text}", rule="customer.json")


def size_of(tree: Any, most: int) -> int:
    """Return about the number of characters of a tree; for a larger one than `most`, any number above `most`."""
    size, rest = 0, [tree]
    while rest and size <= most:
        node = rest.pop()
        size += len(node) + 4 if isinstance(node, str) else 4
        if isinstance(node, dict):
            size += sum(map(len, node))
            rest += node.values()
        elif isinstance(node, list):
            rest += node
    return size
