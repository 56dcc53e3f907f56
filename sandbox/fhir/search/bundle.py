"""The answer to a search: a Bundle of type searchset (https://hl7.org/fhir/STU3/http.html#search)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from sandbox.call import Call
from sandbox.clock import instant
from sandbox.fhir.search.include import Read, included
from sandbox.fhir.search.parameters import Query

Json = dict[str, Any]


def searchset(
    call: Call,
    base: str,
    type_: str,
    query: Query,
    pairs: list[tuple[str, str]],
    found: Sequence[Json],
    read: Read = lambda type_, id_: None,
) -> Json:
    """One page of what was found; all of it unless `_count` asks for less. No entries when there is nothing.

    `read` finds what `_include` adds to the page; only matches count in `total`.
    """
    page = found[query.offset :] if query.count is None else found[query.offset : query.offset + query.count]
    bundle: Json = {
        "resourceType": "Bundle",
        "id": call.workspace.ids.uuid(),
        "meta": {"lastUpdated": instant(call.workspace.clock.now())},
        "type": "searchset",
        "total": len(found),
        "link": _links(f"{base}/{type_}", query, pairs, len(found)),
    }
    rows = [("match", one) for one in page]
    rows += [("include", one) for one in included(query.includes, page, read)]
    if rows:
        bundle["entry"] = [
            {"fullUrl": f"{base}/{one['resourceType']}/{one['id']}", "resource": one, "search": {"mode": mode}}
            for mode, one in rows
        ]
    return bundle


def _links(address: str, query: Query, pairs: list[tuple[str, str]], total: int) -> list[Json]:
    links = [{"relation": "self", "url": _url(address, pairs)}]
    if query.count is not None:
        kept = [(name, value) for name, value in pairs if name != "_getpages"]
        following, before = query.offset + query.count, max(query.offset - query.count, 0)
        if following < total:
            links.append({"relation": "next", "url": _url(address, [*kept, ("_getpages", f"p{following}")])})
        if query.offset:
            links.append({"relation": "previous", "url": _url(address, [*kept, ("_getpages", f"p{before}")])})
    return links


def _url(address: str, pairs: list[tuple[str, str]]) -> str:
    return f"{address}?{urlencode(pairs, safe='/:')}" if pairs else address
