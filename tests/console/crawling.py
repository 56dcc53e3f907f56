"""Follow every link of the console from its first page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape
from urllib.parse import urljoin

import httpx

PREFIX = "/_sandbox/console/"
_LINK = re.compile(r"""<a\b[^>]*?\shref="([^"]*)\"""")


def pages(http: httpx.Client, first: str = PREFIX, most: int = 400) -> dict[str, httpx.Response]:
    """Path → response of every page of the console that links lead to."""
    waiting, responses = [first], dict[str, httpx.Response]()
    while waiting and len(responses) < most:
        path = waiting.pop(0)
        if path in responses:
            continue
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


def kinds(paths: Iterable[str]) -> list[str]:
    """One path of each kind: ids and other words that vary are alike, and so are cells and addresses with a query."""
    by_kind: dict[str, str] = {}
    for path in paths:
        plain = path.partition("?")[0]
        plain = re.sub(r"(?<=/cell/)[^/]+", "*", plain)
        by_kind.setdefault(re.sub(r"[0-9a-f-]{8,}|\d+|[A-Z^][^/]*", "*", plain), path)
    return list(by_kind.values())
