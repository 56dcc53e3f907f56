"""Follow every link of the console from its first page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from html import unescape
from urllib.parse import urljoin

import httpx

PREFIX = "/_sandbox/console/"
_LINK = re.compile(r"""<a\b[^>]*?\shref="([^"]*)\"""")


def pages(http: httpx.Client, first: str = PREFIX, most_alike: int = 12) -> dict[str, httpx.Response]:
    """Path → response of the pages of the console that links lead to, at most some of each kind."""
    waiting, responses, counts = [first], dict[str, httpx.Response](), Counter[str]()
    while waiting:
        path = waiting.pop(0)
        if path in responses or counts[kind_of(path)] == most_alike:
            continue
        counts[kind_of(path)] += 1
        response = responses[path] = http.get(path, headers={"Accept": "text/html"}, follow_redirects=True)
        if "text/html" in response.headers.get("content-type", ""):
            waiting += [link for link in links(response) if link not in responses]
    return responses


def links(response: httpx.Response) -> Iterable[str]:
    """The addresses of the console that a page links to, without fragments."""
    for match in _LINK.finditer(response.text):
        address = urljoin(str(response.url), unescape(match[1])).partition("#")[0]
        path = address.removeprefix(str(response.url.copy_with(raw_path=b"/")).rstrip("/"))
        if path.startswith(PREFIX):
            yield path


def kind_of(path: str) -> str:
    """The kind of a page: ids and other words that vary are alike, and so are cells, documents and addresses with a
    query.
    """
    plain = re.sub(r"(?<=/cell/)[^/]+", "*", path.partition("?")[0])
    plain = re.sub(r"(?<=/docs/)[^/]+", "*", plain)
    return re.sub(r"[0-9a-f-]{8,}|\d+|[A-Z^][^/]*", "*", plain)


def kinds(paths: Iterable[str]) -> list[str]:
    """One path of each kind."""
    by_kind: dict[str, str] = {}
    for path in paths:
        by_kind.setdefault(kind_of(path), path)
    return list(by_kind.values())
