"""The body of a request to a Customer endpoint as an interaction needs it: a draft, a patch, or parameters.

Large bodies are parsed in a thread, so that the server answers other requests in the meantime.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sandbox.errors import Unreadable, WrongMediaType
from sandbox.fhir.base.body import parse_body
from sandbox.fhir.base.dialects import AIDBOX, XML
from sandbox.fhir.base.loading import load
from sandbox.fhir.base.negotiation import body_format
from sandbox.fhir.base.query_string import read_query, search_form
from sandbox.fhir.resources import binaries
from sandbox.fhir.resources.drafts import build_draft, check_id, validated_resource
from sandbox.fhir.resources.patches import PatchLimits, patch_in
from sandbox.fhir.resources.ready import made_ready
from sandbox.fhir.resources.repository import Draft, Repository
from sandbox.fhir.resources.searchable import check_values, may_have_too_many
from sandbox.http.call import Call
from sandbox.model import Resource
from sandbox.worlds.slices import LARGE, in_thread

T = TypeVar("T")


async def in_thread_if_large(size: int, work: Callable[[], T]) -> T:
    """Run a pure function, in a thread if its input is large."""
    return work() if size < LARGE else await in_thread(work)


async def resource(call: Call, release: str) -> Any:
    """Parse the resource in the body, not validated yet. Raises Unreadable, WrongMediaType."""
    body, format_ = call.body, body_format(call, AIDBOX)
    # XML is read by the model of its type, which the first resource of a type imports.
    return await in_thread_if_large(
        LARGE if format_ == XML else len(body), lambda: parse_body(body, format_, release, AIDBOX)
    )


def pairs(call: Call) -> tuple[tuple[str, str], ...]:
    """Return the parameters of the query string and of a search form. Raises Invalid."""
    # latin-1 accepts every byte; `read_query` decodes the percent-encoded ones as UTF-8.
    query = call.request.scope["query_string"].decode("latin-1")
    parameters = read_query(query) if query else []
    if call.path.endswith("/_search") and call.request.method == "POST":
        parameters += search_form(call, "customer.search-by-post")
    return tuple(parameters)


async def _binary(call: Call, release: str) -> Any:
    """Return the Binary in the body, or the one whose content is the body. Raises as `resource`, for a FHIR media
    type.
    """
    if binaries.is_content(call):
        return binaries.as_binary(call, release)
    try:
        content = await resource(call, release)
    except (Unreadable, WrongMediaType):
        if binaries.names_fhir(call):
            raise
        return binaries.as_binary(call, release)
    is_binary = isinstance(content, dict) and content.get("resourceType") == binaries.TYPE
    return content if is_binary else binaries.as_binary(call, release)


async def draft(call: Call, repository: Repository, type_: str, id_: str) -> Draft:
    """Return the draft of the body, with or without an id in the path.

    Raises what `resource` and `validated_resource` raise.
    """
    content = await (_binary if type_ == binaries.TYPE else resource)(call, repository.release)
    if id_:
        check_id(content, id_)
    await load(repository.release, (content,))
    named = id_ or repository.workspace.ids.uuid()
    before = repository.newest(type_, named)
    most = call.settings.max_searchable_values
    return await in_thread_if_large(
        len(call.body), lambda: _build_draft(repository.release, type_, content, named, before, len(call.body), most)
    )


def _build_draft(
    release: str, type_: str, content: Any, id_: str, before: Resource | None, size: int, most: int
) -> Draft:
    new = build_draft(validated_resource(release, type_, content, id_))
    if may_have_too_many(size, most):
        check_values(release, new.content, most)
    return new if size < LARGE else made_ready(new, before)


async def patch(call: Call, release: str, type_: str) -> Callable[[Any], Any]:
    """Parse the patch in a body, and load the models that check its result. Raises as `patch_in`."""
    method = call.request.query_params.get("_method", "")
    body, limits = call.body, PatchLimits.of(call.settings)
    apply = await in_thread_if_large(len(body), lambda: patch_in(body, call.media_type, method, limits))
    await load(release, ({"resourceType": type_},))
    return apply
