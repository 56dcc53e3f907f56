"""The response to a search: a Bundle of type searchset (https://hl7.org/fhir/STU3/http.html#search).

Links to further pages are those of HAPI's plain server: `[base]?_getpages=<token>&_getpagesoffset=…&_count=…`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sandbox.base.clock import instant
from sandbox.fhir.base.text import compact, quoted, text_of
from sandbox.http.call import Call

Json = dict[str, Any]
KEPT = ("_format", "_pretty", "_summary", "_elements")
"""Parameters that shape every page of a result, and are therefore in its links."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """A part of a result of `total` matches: from `start`, `count` of them (None: all). `token` identifies the
    result.
    """

    total: int
    start: int = 0
    count: int | None = None
    token: str = ""

    @property
    def end(self) -> int | None:
        return None if self.count is None else self.start + self.count


def head(call: Call, base: str, path: str, pairs: Sequence[tuple[str, str]], page: SearchPage) -> Json:
    """Build the Bundle without its entries; only matches count in `total`."""
    address = f"{base}/{path}" if path else base
    return {
        "resourceType": "Bundle",
        "id": page.token or call.workspace.ids.uuid(),
        "meta": {"lastUpdated": instant(call.workspace.clock.now())},
        "type": "searchset",
        "total": page.total,
        "link": [{"relation": "self", "url": _url(address, pairs)}, *_links(base, page, pairs)],
    }


def entry(base: str, resource: Json, mode: str = "match") -> str:
    """Build the entry of a match, or of an included resource, as JSON."""
    address = quoted(f"{base}/{resource['resourceType']}/{resource['id']}")
    return f'{{"fullUrl":{address},"resource":{text_of(resource)},"search":{{"mode":"{mode}"}}}}'


def with_entries(bundle: Json, entries: Sequence[str]) -> str:
    """Write the Bundle around entries that are already texts; without entries it has no such element."""
    text = compact(bundle)
    return f'{text[:-1]},"entry":[{",".join(entries)}]}}' if entries else text


def _links(base: str, page: SearchPage, pairs: Sequence[tuple[str, str]]) -> list[Json]:
    """Return `next` and `previous`, if there are such pages."""
    if not page.token or page.count is None:
        return []
    starts = {}
    if page.start + page.count < page.total:
        starts["next"] = page.start + page.count
    if page.start:
        # A client may ask for an offset beyond the end: the page before it is then the last one.
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
