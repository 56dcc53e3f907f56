"""XML is parsed within bounds, and its parser leaves nothing behind."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any
from xml.etree import ElementTree

from defusedxml import ElementTree as Defused

Element = ElementTree.Element


class TooManyElements(ValueError):
    """A document with more elements than are read."""


class TooDeep(ValueError):
    """A document with more levels than are read; `tag` is that of the first element too many."""

    def __init__(self, tag: str) -> None:
        super().__init__("it has too many levels")
        self.tag = tag


class _Builder(ElementTree.TreeBuilder):
    """Builds a tree, and raises TooManyElements or TooDeep before it takes the memory."""

    def __init__(self, most: int, deepest: int) -> None:
        super().__init__()
        self._left = most
        self._levels = deepest

    def start(self, tag: str, attrs: dict[Any, Any]) -> Element:
        self._left -= 1
        self._levels -= 1
        if self._left < 0:
            raise TooManyElements("it has too many elements")
        if self._levels < 0:
            raise TooDeep(tag)
        return super().start(tag, attrs)

    def end(self, tag: str) -> Element:
        self._levels += 1
        return super().end(tag)


def read_tree(pieces: Iterable[bytes | str], deepest: int, most: int = sys.maxsize) -> Element:
    """Return the root of a document of at most some levels and elements, without a document type.

    Raises ParseError, ValueError (of which TooManyElements and TooDeep are kinds), LookupError, DefusedXmlException.
    """
    root: Element = finished(Defused.DefusedXMLParser(target=_Builder(most, deepest), forbid_dtd=True), pieces)
    return root


def finished(parser: Any, pieces: Iterable[bytes | str]) -> Any:
    """Return the result of a parser of defusedxml, and take it apart. Raises what the parser and its target raise."""
    try:
        for piece in pieces:
            parser.feed(piece)
        return parser.close()
    except ElementTree.ParseError as error:
        # The frame that raises it has it as a variable, and leads to the frames that have the body.
        error.__context__ = None
        raise error.with_traceback(None) from None
    finally:
        # The parser and its handlers refer to each other, and to the tree: a broken document would keep hundreds of
        # bytes for each element until the next collection of all objects.
        vars(parser).clear()
