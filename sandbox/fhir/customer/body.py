"""The body of a request to a Customer endpoint: a resource in JSON or XML, or a patch.

Bodies that take long to read are read beside the event loop, so that other requests are answered meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import jsonpatch
from jsonpointer import JsonPointerException

from sandbox.call import Call
from sandbox.errors import Invalid, WrongMediaType
from sandbox.fhir.customer.drafts import check_id, valid
from sandbox.fhir.customer.drafts import draft as make_draft
from sandbox.fhir.exact import check_bounds, parse
from sandbox.fhir.feed import Draft, Feed
from sandbox.fhir.formats import FORM
from sandbox.fhir.negotiation import JSON, JSON_PATCH, MERGE_PATCH, sent
from sandbox.fhir.search.parameters import read_form, read_query
from sandbox.fhir.validation import InvalidResource, Issue
from sandbox.fhir.xml import from_xml

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
    found = read_query(query) if query else []
    if call.path.endswith("/_search") and call.request.method == "POST":
        if call.body and call.media_type != FORM:
            raise WrongMediaType(f"A search by POST is a form: {FORM}", rule="customer.search-by-post")
        found += read_form(call.body)
    return tuple(found)


async def draft(call: Call, feed: Feed, type_: str, id_: str) -> Draft:
    """The draft of the body, for an address that names an id or not. Raises what `resource` and `valid` raise."""
    found = await resource(call, feed.release)
    if id_:
        check_id(found, id_)
    named = id_ or feed.workspace.ids.uuid()
    return make_draft(feed.release, await aside(len(call.body), lambda: valid(feed.release, type_, found, named)))


def patch(call: Call) -> Callable[[Any], Any]:
    """What the patch in a body does to a resource. Raises as `patch_in`."""
    return patch_in(call.body, call.media_type, call.request.query_params.get("_method", ""))


def patch_in(body: bytes, media_type: str, method: str) -> Callable[[Any], Any]:
    """What a patch does to a resource. Raises Unreadable, WrongMediaType, Invalid.

    `method` (of the parameter `_method`) wins over the type of the body; a list is a JSON patch whatever its type.
    """
    document = parse(body)
    if isinstance(document, list) or method == "json-patch" or media_type == JSON_PATCH:
        return _json_patch(document)
    if method == "merge-patch" or media_type in (MERGE_PATCH, "application/json", "application/fhir+json", ""):
        return lambda content: merged(content, document)
    raise WrongMediaType(f"A patch is sent as {JSON_PATCH} or {MERGE_PATCH}", rule="customer.patch")


def _json_patch(document: Any) -> Callable[[Any], Any]:
    def apply(content: Any) -> Any:
        try:
            changed = jsonpatch.JsonPatch(document).apply(content)
        except (jsonpatch.JsonPatchException, JsonPointerException) as error:
            raise InvalidResource((Issue("", f"The patch does not apply: {error}"),)) from error
        except (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise InvalidResource((Issue("", "The patch does not apply"),)) from error
        check_bounds(changed)
        return changed

    if not isinstance(document, list):
        raise Invalid("A JSON patch is a list of operations", rule="customer.patch")
    return apply


def merged(content: Any, patch_: Any) -> Any:
    """RFC 7396: null removes, objects are merged, anything else replaces."""
    if not isinstance(patch_, dict):
        return patch_
    result = dict(content) if isinstance(content, dict) else {}
    for name, value in patch_.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result
