"""The answer to a search: a Bundle of type searchset (https://hl7.org/fhir/STU3/http.html#search).

Links to further pages are those of HAPI's plain server: `[base]?_getpages=<token>&_getpagesoffset=…&_count=…`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sandbox.call import Call
from sandbox.clock import instant
from sandbox.fhir.search.include import Read, included

Json = dict[str, Any]
KEPT = ("_format", "_pretty", "_summary", "_elements")
"""Parameters that shape every page of a result, and so stand in its links."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A part of a result of `total` matches: from `start`, `count` of them (None: all). `token` names the result."""

    total: int
    start: int = 0
    count: int | None = None
    token: str = ""

    @property
    def end(self) -> int | None:
        return None if self.count is None else self.start + self.count


def searchset(
    call: Call,
    base: str,
    path: str,
    pairs: Sequence[tuple[str, str]],
    page: Page,
    matches: Sequence[Json],
    includes: Iterable[str] = (),
    read: Read = lambda type_, id_: None,
) -> Json:
    """A page of a result. No entries when there is nothing, or when the number alone was asked for.

    `read` finds what `includes` add to the page; only matches count in `total`.
    """
    bundle: Json = {
        "resourceType": "Bundle",
        "id": page.token or call.workspace.ids.uuid(),
        "meta": {"lastUpdated": instant(call.workspace.clock.now())},
        "type": "searchset",
        "total": page.total,
        "link": [
            {"relation": "self", "url": _url(f"{base}/{path}" if path else base, pairs)},
            *_links(base, page, pairs),
        ],
    }
    rows = [("match", one) for one in matches]
    rows += [("include", one) for one in included(includes, matches, read)]
    if rows:
        bundle["entry"] = [
            {"fullUrl": f"{base}/{one['resourceType']}/{one['id']}", "resource": one, "search": {"mode": mode}}
            for mode, one in rows
        ]
    return bundle


def _links(base: str, page: Page, pairs: Sequence[tuple[str, str]]) -> list[Json]:
    """`next` and `previous`, where there are such pages."""
    if not page.token or page.count is None:
        return []
    starts = {}
    if page.start + page.count < page.total:
        starts["next"] = page.start + page.count
    if page.start:
        starts["previous"] = max(min(page.start, page.total) - page.count, 0)
    kept = [(name, value) for name, value in pairs if name in KEPT]
    return [
        {"relation": relation, "url": _url(base, [*_page(page.token, start, page.count), *kept])}
        for relation, start in starts.items()
    ]


def _page(token: str, start: int, count: int) -> list[tuple[str, str]]:
    return [
        ("_getpages", token),
        ("_getpagesoffset", str(start)),
        ("_count", str(count)),
        ("_bundletype", "searchset"),
    ]


def _url(address: str, pairs: Sequence[tuple[str, str]]) -> str:
    return f"{address}?{urlencode(pairs, safe='/:')}" if pairs else address
