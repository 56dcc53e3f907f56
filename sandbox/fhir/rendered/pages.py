"""The pages of a search: everything in one page, up to PKB's limit; or with `_count` page by page, through a token.

Later pages are parts of the original result, without resources that the caller may no longer see.
Texts and URLs are those of HAPI's plain server (`GET [base]?_getpages=…`).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from starlette.responses import Response

from sandbox.access.principal import Principal
from sandbox.base.clock import instant
from sandbox.base.whole_numbers import parse_digits
from sandbox.errors import Gone
from sandbox.facts import weakest
from sandbox.fhir.base.caller import admit
from sandbox.fhir.base.query_string import bad_value, read_query
from sandbox.fhir.base.renewal import RenewedBundle
from sandbox.fhir.base.responses import check_accept, fhir_text
from sandbox.fhir.base.shaping import ResponseShape
from sandbox.fhir.base.viewer import Viewer
from sandbox.fhir.rendered.query.bundle import SearchPage, entry, head, with_entries
from sandbox.fhir.rendered.query.controls import first_value, shape_of
from sandbox.fhir.rendered.query.include import included
from sandbox.fhir.rendered.query.matches import Matches
from sandbox.fhir.rendered.query.parameters import CheckedQuery, count_of
from sandbox.fhir.rendered.query.results import Result, results_of
from sandbox.fhir.rendered.sources import ResourceSource
from sandbox.fhir.search.budget import spend
from sandbox.http.call import Call
from sandbox.worlds.slices import Slices
from sandbox.worlds.workspace import Workspace

Json = dict[str, Any]
Sources = Mapping[str, ResourceSource]
LIMITS = {"Observation": "facade_limit_observation", "DocumentReference": "facade_limit_document_reference"}
"""Type → the setting with the limit of one search of it; `facade_limit_other` for all others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A checked search before its response. `path` is its path below `base`, `action` its action in the access
    matrix.
    """

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
    """Return all matches, up to the limit of their type; with `_count`, the first page."""
    count = search.query.count
    # PKB cuts a search without `_count`, silently; with it the pages reach every match.
    if count is None:
        matches = _cut_to_limit(search, matches)
    page = SearchPage(total=len(matches.rows), count=count)
    result = None
    if count is not None and page.total > count and not _is_count_only(search):
        result = _result(search, matches, count)
        page = replace(page, token=_store_result(search.call.workspace, result, search.viewer.now))
    response = await _page_response(search, page, matches)
    _may_repeat(search.call, result, bytes(response.body))
    return response


def _may_repeat(call: Call, result: Result | None, content: bytes) -> None:
    """Allow a searchset to be sent again, each time with a new id and, if it has more pages, a result of its own."""
    bundle = RenewedBundle.of(content)
    if bundle is None:
        return

    def renew(workspace: Workspace, now: datetime) -> bytes:
        id_ = workspace.ids.uuid() if result is None else _store_result(workspace, result, now)
        return bundle.content(id_, instant(now))

    call.may_repeat(renew)


async def later_page(call: Call, base: str, sources: Sources, action: str = "read_clinical") -> Response:
    """Return the page of the result of a token. Raises Gone for another caller's token, or an expired one.

    `action` is the action of the request if the token is unknown.
    """
    pairs = read_query(call.request.url.query)
    token = first_value(pairs, "_getpages") or ""
    result = results_of(call.workspace.store).of(token, call.workspace.clock.now())
    viewer = admit(call, result.action if result else action)
    # The words are the same for another caller's token, which therefore does not learn that it exists.
    if result is None or result.owner != _owner(viewer.caller):
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
    return await _page_response(search, page, result.matches)


async def _page_response(search: Search, page: SearchPage, matches: Matches[Any]) -> Response:
    """Write the Bundle entry by entry, because a page may contain tens of thousands."""
    call = search.call
    shape, slices, entries, matched = shape_of(search.pairs), Slices(), [], []
    resources = iter(()) if _is_count_only(search) else matches.page(search.viewer, page.start, page.end)
    for resource in resources:
        entries.append(_entry(search, shape, resource))
        # Kept only for includes: a page can have tens of thousands of matches.
        if search.query.includes:
            matched.append(resource)
        await slices.pause()
    if not _is_count_only(search):
        _warn_of_withheld(search, len(matches.rows[page.start : page.end]) - len(entries))

    def read(type_: str, id_: str) -> Json | None:
        spend(1)
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


def _is_count_only(search: Search) -> bool:
    """Return whether only the number of matches is requested."""
    return first_value(search.pairs, "_summary") == "count"


def _cut_to_limit(search: Search, matches: Matches[Any]) -> Matches[Any]:
    """Return the matches that PKB returns: the newest, up to the limit of their type, without notice."""
    total = len(matches.rows)
    limit = getattr(search.call.settings, LIMITS.get(search.type, "facade_limit_other"))
    if total <= limit:
        return matches
    search.call.warn(
        "facade.limits",
        [f"{total} {search.type} resources match; the response contains only {limit}, without notice, as at PKB"],
    )
    return replace(matches, rows=matches.rows[: max(limit, 0)])


def _result(search: Search, matches: Matches[Any], count: int) -> Result:
    call = search.call
    return Result(
        matches=matches,
        owner=_owner(search.viewer.caller),
        operation=call.operation,
        action=search.action,
        standing=weakest(*call.standings),
        includes=search.query.includes,
        count=count,
        expires_at=search.viewer.now,
    )


def _store_result(workspace: Workspace, result: Result, now: datetime) -> str:
    """Keep a result as long as the setting says, and return its token."""
    token = workspace.ids.uuid()
    expires_at = now + timedelta(seconds=workspace.settings.getpages_seconds)
    results_of(workspace.store).keep(token, replace(result, expires_at=expires_at), now)
    return token


def _owner(caller: Principal) -> Hashable:
    """Return the owner of a result: the client, the organisation that it acts for, and the signed-in person."""
    return (caller.credential.id, caller.organisation, caller.user, caller.team, caller.scope)


def _offset(pairs: Sequence[tuple[str, str]]) -> int:
    text = first_value(pairs, "_getpagesoffset") or "0"
    offset = parse_digits(text)
    if offset is None:
        raise bad_value("_getpagesoffset must be a whole number")
    return offset
