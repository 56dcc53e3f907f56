"""The body of a request to a Customer endpoint: a resource in JSON or XML, or a patch.

Bodies that take long to read are read beside the event loop, so that other requests are answered meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from sandbox.errors import Unreadable, WrongMediaType
from sandbox.fhir.base.formats import FORM
from sandbox.fhir.base.json import parse
from sandbox.fhir.base.negotiation import JSON, sent
from sandbox.fhir.base.query_string import read_form, read_query
from sandbox.fhir.base.xml import from_xml
from sandbox.fhir.resources import binaries
from sandbox.fhir.resources.drafts import check_id, valid
from sandbox.fhir.resources.drafts import draft as make_draft
from sandbox.fhir.resources.patches import patch_in
from sandbox.fhir.resources.repository import Draft, Repository
from sandbox.http.call import Call

LARGE = 128 * 1024
"""Bytes from which on a body is read beside the loop."""

T = TypeVar("T")


async def aside(size: int, work: Callable[[], T]) -> T:
    """Does pure work, in a thread when it is large."""
    return work() if size < LARGE else await asyncio.to_thread(work)


async def resource(call: Call, release: str) -> Any:
    """The resource in the body, not validated yet. Raises Unreadable, WrongMediaType."""
    body = call.body
    if sent(call) == JSON:
        return await aside(len(body), lambda: parse(body))
    return await aside(len(body), lambda: from_xml(release, body))


def pairs(call: Call) -> tuple[tuple[str, str], ...]:
    """The parameters of the query string, and those of the form that a search may be sent as. Raises Invalid."""
    query = call.request.scope["query_string"].decode("latin-1")
    parameters = read_query(query) if query else []
    if call.path.endswith("/_search") and call.request.method == "POST":
        if call.body and call.media_type != FORM:
            raise WrongMediaType(f"The body of a search by POST must be {FORM}", rule="customer.search-by-post")
        parameters += read_form(call.body)
    return tuple(parameters)


async def _binary(call: Call, release: str) -> Any:
    """The Binary in the body, or the one whose content the body is. Raises as `resource`, for a type of FHIR's own."""
    if binaries.is_content(call):
        return binaries.wrapped(call, release)
    try:
        content = await resource(call, release)
    except (Unreadable, WrongMediaType):
        if binaries.names_fhir(call):
            raise
        return binaries.wrapped(call, release)
    is_binary = isinstance(content, dict) and content.get("resourceType") == binaries.TYPE
    return content if is_binary else binaries.wrapped(call, release)


async def draft(call: Call, repository: Repository, type_: str, id_: str) -> Draft:
    """The draft of the body, for an address that names an id or not. Raises what `resource` and `valid` raise."""
    content = await (_binary if type_ == binaries.TYPE else resource)(call, repository.release)
    if id_:
        check_id(content, id_)
    named = id_ or repository.workspace.ids.uuid()
    return make_draft(
        repository.release, await aside(len(call.body), lambda: valid(repository.release, type_, content, named))
    )


def patch(call: Call) -> Callable[[Any], Any]:
    """What the patch in a body does to a resource. Raises as `patch_in`."""
    return patch_in(call.body, call.media_type, call.request.query_params.get("_method", ""))
