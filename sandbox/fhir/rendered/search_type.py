"""The search interaction over rendered resources (https://hl7.org/fhir/STU3/http.html#search)."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from sandbox.errors import Invalid
from sandbox.fhir.base.capability import Offered
from sandbox.fhir.base.query_string import read_query, search_form
from sandbox.fhir.base.responses import check_accept
from sandbox.fhir.base.viewer import Viewer
from sandbox.fhir.rendered.pages import Search, first_page
from sandbox.fhir.rendered.query.controls import describe_ignored, first_value, shape_of
from sandbox.fhir.rendered.query.parameters import CheckedQuery, check_query
from sandbox.fhir.rendered.sources import ResourceSource
from sandbox.fhir.search.budget import budget
from sandbox.http.call import Call


def checked_query(call: Call, offered: Offered) -> tuple[CheckedQuery, list[tuple[str, str]]]:
    """Parse the query as the statement's rules allow, and return its pairs as sent. Raises Invalid."""
    check_accept(call)
    pairs = read_query(call.request.url.query)
    if call.request.method == "POST":
        pairs += search_form(call, "facade.search-by-post")
        if first_value(pairs, "_getpages") is not None:
            raise Invalid("Requests for _getpages must use HTTP GET", code="processing", rule="facade.getpages")
    query = check_query(pairs, offered)
    shape_of(pairs)
    call.warn("facade.parameters", describe_ignored(pairs))
    return query, pairs


async def search_type(
    call: Call, viewer: Viewer, base: str, offered: Offered, action: str, sources: Mapping[str, ResourceSource]
) -> Response:
    """Return a searchset without resources that the viewer may not see."""
    query, pairs = checked_query(call, offered)
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
    with budget(call.settings.max_search_steps):
        return await first_page(search_, sources[offered.type].search(viewer, query))
