"""The search interaction: `GET [base]/[type]?…`, `POST [base]/[type]/_search` (https://hl7.org/fhir/STU3/http.html#search)."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from sandbox.call import Call
from sandbox.errors import Invalid, WrongMediaType
from sandbox.fhir.capability import Offered
from sandbox.fhir.feed import Feed
from sandbox.fhir.formats import FORM, check_accept
from sandbox.fhir.interactions.pages import Search, first_page
from sandbox.fhir.matching import search
from sandbox.fhir.matching import searchset as searchset_of_stored
from sandbox.fhir.requests import Answer, Request
from sandbox.fhir.search.controls import first, ignored, shape_of
from sandbox.fhir.search.parameters import Query, check, read_form, read_query
from sandbox.fhir.sources import ResourceSource, Viewer
from sandbox.model import ResourceVersion


def checked(call: Call, offered: Offered) -> tuple[Query, list[tuple[str, str]]]:
    """The query as the statement's rules allow it, and its pairs as sent. Raises Invalid."""
    check_accept(call)
    pairs = read_query(call.request.url.query)
    if call.request.method == "POST":
        if call.body and call.media_type != FORM:
            raise WrongMediaType(f"A search by POST is a form: {FORM}", rule="facade.search-by-post")
        pairs += read_form(call.body)
        if first(pairs, "_getpages") is not None:
            raise Invalid("Requests for _getpages must use HTTP GET", code="processing", rule="facade.getpages")
    query = check(pairs, offered)
    shape_of(pairs)
    call.warn("facade.parameters", ignored(pairs))
    return query, pairs


async def search_type(
    call: Call, viewer: Viewer, base: str, offered: Offered, action: str, sources: Mapping[str, ResourceSource]
) -> Response:
    """200 with a searchset; what the viewer may not see is silently left out."""
    query, pairs = checked(call, offered)
    search_ = Search(
        call=call,
        viewer=viewer,
        base=base,
        path=offered.type,
        type=offered.type,
        query=query,
        pairs=pairs,
        action=action,
        sources=sources,
    )
    return await first_page(search_, sources[offered.type].search(viewer, query))


def search_stored(feed: Feed, request: Request) -> Answer:
    """200 with a searchset, 304 when nothing that it looks at has changed since the caller asked. Raises Invalid."""
    tag = _tag(feed, request)
    if tag in request.preconditions.none_match.versions:
        return Answer(status=304, tag=tag, read=True)
    found = search(feed.view, request.type, request.query, strict=request.strict)
    now = feed.workspace.clock.now()
    bundle = searchset_of_stored(found, path=feed.mount, base=feed.base, now=now)
    return Answer(status=200, bundle=bundle, tag=tag, read=True)


def _tag(feed: Feed, request: Request) -> str:
    """The newest version of the type; where the query leads to other types too, of everything."""
    if any(name.startswith(("_has:", "_include", "_revinclude")) or "." in name for name, _ in request.query):
        return f"{feed.last_version}"
    newest = next(feed.store.latest(ResourceVersion, "type", (feed.name, request.type)), None)
    return "0" if newest is None else newest.rpartition("/")[2]
