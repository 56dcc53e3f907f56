"""The pages of a search: all of it in one page, cut where PKB cuts it; with `_count` page by page, through a token.

The pages after the first are parts of the result as it was found. What the caller may not see any more is left out of
them. Words and addresses are those of HAPI's plain server (`GET [base]?_getpages=…`).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from starlette.responses import Response

from sandbox.access.principal import Principal
from sandbox.errors import Gone
from sandbox.facts import weakest
from sandbox.fhir.base.caller import admit
from sandbox.fhir.base.formats import check_accept, fhir_text
from sandbox.fhir.base.query_string import bad_value, read_query
from sandbox.fhir.base.shaping import ResponseShape
from sandbox.fhir.base.slices import Slices
from sandbox.fhir.base.viewer import Viewer
from sandbox.fhir.rendered.query.bundle import SearchPage, entry, head, with_entries
from sandbox.fhir.rendered.query.controls import first, shape_of
from sandbox.fhir.rendered.query.include import included
from sandbox.fhir.rendered.query.matches import Matches
from sandbox.fhir.rendered.query.parameters import CheckedQuery, count_of
from sandbox.fhir.rendered.query.results import Result, results_of
from sandbox.fhir.rendered.sources import ResourceSource
from sandbox.http.call import Call

Json = dict[str, Any]
Sources = Mapping[str, ResourceSource]
LIMITS = {"Observation": "facade_limit_observation", "DocumentReference": "facade_limit_document_reference"}
"""Type → the setting with the most resources that one search of it gives; `facade_limit_other` for all others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A checked search on its way to its answer. `path` is its address below `base`, `action` what it counts as."""

    call: Call
    viewer: Viewer
    base: str
    path: str
    type: str
    query: CheckedQuery
    pairs: Sequence[tuple[str, str]]
    action: str
    sources: Sources


async def first_page(search: Search, matches: Matches[Any]) -> Response:
    """200 with all of the matches, up to the limit of their type; with `_count`, with so many of them."""
    count = search.query.count
    if count is None:
        matches = _cut(search, matches)
    page = SearchPage(total=len(matches.rows), count=count)
    if count is not None and page.total > count and not _counts(search):
        page = replace(page, token=_keep(search, matches, count))
    return await _answer(search, page, matches)


async def later_page(call: Call, base: str, sources: Sources, action: str = "read_clinical") -> Response:
    """200 with the page of a result that the token names. Raises Gone for a token that is not the caller's, or no more.

    `action` is what the request counts as when the token says nothing.
    """
    pairs = read_query(call.request.url.query)
    token = first(pairs, "_getpages") or ""
    result = results_of(call.workspace.store).of(token, call.workspace.clock.now())
    viewer = admit(call, result.action if result else action)
    if result is None or result.owner != _owner(viewer.known):
        raise Gone(
            f'Search ID "{token}" does not exist and may have expired',
            code="processing",
            rule="facade.getpages",
            instead=f"the search again, by the same caller; its pages expire after {call.settings.getpages_seconds} s",
        )
    call.operation = result.operation
    call.rests_on(result.standing)
    check_accept(call)
    page = SearchPage(
        total=len(result.matches.rows), start=_offset(pairs), count=count_of(pairs) or result.count, token=token
    )
    search = Search(
        call=call,
        viewer=viewer,
        base=base,
        path="",
        type="",
        query=CheckedQuery({}, result.includes),
        pairs=pairs,
        action=result.action,
        sources=sources,
    )
    return await _answer(search, page, result.matches)


async def _answer(search: Search, page: SearchPage, matches: Matches[Any]) -> Response:
    """The Bundle, written entry by entry: a page may hold tens of thousands."""
    call = search.call
    shape, slices, entries, matched = shape_of(search.pairs), Slices(), [], []
    resources = iter(()) if _counts(search) else matches.page(search.viewer, page.start, page.end)
    for resource in resources:
        entries.append(_entry(search, shape, resource))
        if search.query.includes:
            matched.append(resource)
        await slices.pause()
    if not _counts(search):
        _warn_of_withheld(search, len(matches.rows[page.start : page.end]) - len(entries))

    def read(type_: str, id_: str) -> Json | None:
        return search.sources[type_].read(search.viewer, id_)

    for resource in included(search.query.includes, matched, read):
        entries.append(_entry(search, shape, resource, "include"))
    text = with_entries(head(call, search.base, search.path, search.pairs, page), entries)
    return fhir_text(call, text)


def _entry(search: Search, shape: ResponseShape, resource: Json, mode: str = "match") -> str:
    return entry(search.base, shape.of("stu3", resource) if shape else resource, mode)


def _warn_of_withheld(search: Search, count: int) -> None:
    if count:
        text = f"{count} resources are omitted from this page, because the caller may no longer see them"
        search.call.warn("facade.getpages", [text])


def _counts(search: Search) -> bool:
    """Whether the number of matches alone is asked for."""
    return first(search.pairs, "_summary") == "count"


def _cut(search: Search, matches: Matches[Any]) -> Matches[Any]:
    """The matches that PKB gives: the newest, so many as the limit of their type allows, without a sign."""
    total = len(matches.rows)
    limit = getattr(search.call.settings, LIMITS.get(search.type, "facade_limit_other"))
    if total <= limit:
        return matches
    search.call.warn(
        "facade.limits",
        [f"{total} {search.type} resources match; the response contains only {limit}, and PKB gives no sign of that"],
    )
    return replace(matches, rows=matches.rows[: max(limit, 0)])


def _keep(search: Search, matches: Matches[Any], count: int) -> str:
    """The token under which the result is kept."""
    call, now = search.call, search.viewer.now
    token = call.workspace.ids.uuid()
    result = Result(
        matches=matches,
        owner=_owner(search.viewer.known),
        operation=call.operation,
        action=search.action,
        standing=weakest(*call.standings),
        includes=search.query.includes,
        count=count,
        expires_at=now + timedelta(seconds=call.settings.getpages_seconds),
    )
    results_of(call.workspace.store).keep(token, result, now)
    return token


def _owner(caller: Principal) -> Hashable:
    """Whose result it is: the client, the organisation that it acts for, and the person who signed in."""
    return (caller.credential.id, caller.organisation, caller.user, caller.team, caller.scope)


def _offset(pairs: Sequence[tuple[str, str]]) -> int:
    text = first(pairs, "_getpagesoffset") or "0"
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise bad_value("_getpagesoffset must be a whole number")
    return int(text)
