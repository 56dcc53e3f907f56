"""What tests of the pages about patients would write again."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder

from tests.console.crawling import PREFIX
from tests.support import Client

TOLA = "4c86625f-13d7-423c-93e9-d58574a12dec"
VOID = {"meta", "link", "input", "br", "img", "hr"}


class _Reader(HTMLParser):
    """Builds a tree of elements; every element of our pages is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.tree = TreeBuilder()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tree.start(tag, {name: value or "" for name, value in attrs})
        if tag in VOID:
            self.tree.end(tag)

    def handle_endtag(self, tag: str) -> None:
        self.tree.end(tag)

    def handle_data(self, data: str) -> None:
        self.tree.data(data)


def tree(text: str) -> Element:
    reader = _Reader()
    reader.feed(text.partition("<!doctype html>")[2].strip())
    return reader.tree.close()


def page(pkb: Client, path: str, **query: Any) -> Element:
    """The page at a path of the console; it must answer 200."""
    response = pkb.http.get(f"{PREFIX}{path}", params=query or None)
    assert response.status_code == 200, response.text[:2000]
    return tree(response.text)


def words(element: Element) -> str:
    """The text of an element, with single blanks."""
    return " ".join(" ".join(element.itertext()).split())


def rows(element: Element) -> list[str]:
    """The text of each row of the bodies of its tables."""
    return [words(row) for row in element.iterfind(".//tbody/tr")]


def addresses(element: Element) -> list[str]:
    return [link.get("href", "") for link in element.iter("a")]
