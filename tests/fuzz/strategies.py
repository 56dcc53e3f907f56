"""Strategies that several targets share: all give bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st

Bytes = st.SearchStrategy[bytes]

NASTY = (
    "",
    " ",
    "\x00",
    "\ufeff",
    "\ud800",
    "\u2028",
    "\u0660",
    "\u00b2",
    "\u0130",
    "é",
    "😀",
    "%",
    "%00",
    "\\",
    "'",
    '"',
    "$",
    "-0",
    "1e999",
)
"""Texts that break parsers."""


def encoded(texts: st.SearchStrategy[str]) -> Bytes:
    """Text as bytes; half a character becomes bytes that are not UTF-8."""
    return texts.map(lambda text: text.encode("utf-8", "surrogatepass"))


def pieces(words: Iterable[str], most: int = 12) -> Bytes:
    """Texts made of words of a grammar, of anything else, and of nothing between them."""
    piece = st.sampled_from([*words]) | st.sampled_from(NASTY) | st.text(max_size=4)
    return encoded(st.lists(piece, max_size=most).map("".join))


def json_values(keys: Iterable[str], texts: Iterable[str] = ()) -> st.SearchStrategy[Any]:
    """JSON of any shape with some keys and texts."""
    scalars = st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=6),
        st.sampled_from([*texts, *NASTY]),
    )  # fmt: skip
    names = st.sampled_from([*keys]) | st.text(max_size=4)
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
        max_leaves=12,
    )


def as_json(values: st.SearchStrategy[Any]) -> Bytes:
    return values.map(lambda value: json.dumps(value).encode())


def changed(tree: Any, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A tree with one to three of its values, however deep, replaced or taken out."""

    @st.composite
    def trees(draw: st.DrawFn) -> Any:
        copy = json.loads(json.dumps(tree))
        for _ in range(draw(st.integers(1, 3))):
            _change(draw, copy, values)
        return copy

    return trees()


def _change(draw: st.DrawFn, node: Any, values: st.SearchStrategy[Any]) -> None:
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return
        key = draw(st.sampled_from(keys))
        if isinstance(node[key], (dict, list)) and draw(st.booleans()):
            node = node[key]
        elif draw(st.integers(0, 2)):
            node[key] = draw(values)
            return
        else:
            del node[key]
            return
