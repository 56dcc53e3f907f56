"""Turn the result of a request into an HTTP response: headers, preferences, format and shape.

Sources: https://hl7.org/fhir/R4/http.html#return , https://hl7.org/fhir/R4/search.html#summary
"""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from starlette.responses import Response

from sandbox.base.short_cache import short_cache
from sandbox.errors import NotAcceptable
from sandbox.fhir.base.dialects import AIDBOX, JSON, XML
from sandbox.fhir.base.json import parse, render
from sandbox.fhir.base.negotiation import may_contain_parameter, response_format
from sandbox.fhir.base.outcome import operation_outcome, outcome_issue
from sandbox.fhir.base.preferences import preferred_return
from sandbox.fhir.base.releases import release
from sandbox.fhir.base.responses import formatted_response
from sandbox.fhir.base.shaping import ResponseShape
from sandbox.fhir.base.xml import to_xml
from sandbox.fhir.resources import binaries
from sandbox.fhir.resources.body import in_thread_if_large
from sandbox.fhir.resources.bundles import etag, location
from sandbox.fhir.resources.repository import Repository
from sandbox.fhir.resources.request import InteractionResult
from sandbox.http.call import Call
from sandbox.worlds.slices import LARGE

SHAPING = (b"_summary", b"_elements", b"_pretty")
"""The parameters that select the returned elements of a resource, or their layout."""


def build_response(call: Call, repository: Repository, answer: InteractionResult) -> Response:
    """Build the response, in the format that the caller accepts."""
    headers = _headers(repository, answer)
    preferred = preferred_return(call.headers)
    # `Prefer: return` applies only to writes, so a read always returns the resource.
    if answer.status in (204, 304) or (preferred == "minimal" and not answer.read):
        return Response(status_code=answer.status, headers=headers)
    if answer.read and answer.resource is not None and answer.resource.type == binaries.TYPE:
        content = binaries.content_response(call, repository.release, answer.resource.text, headers)
        if content is not None:
            return content
    text = text_of(answer)
    if preferred == "operationoutcome" and not answer.read:
        changed = "was updated" if answer.changed else "unchanged"
        done = "was deleted" if answer.gone else "was created" if answer.status == 201 else changed
        notice = outcome_issue("information", "informational", f"The resource {done}")
        text = render(operation_outcome([notice]))
    return shaped_response(call, repository.release, text, answer.status, headers)


def text_of(answer: InteractionResult) -> str:
    """Return the Bundle or the resource of an answer; empty without one."""
    return answer.bundle or (answer.resource.text if answer.resource else "")


def is_rewritten(call: Call) -> bool:
    """Return whether an answer is more than a stored text: XML, indented, or in part. That needs the models of its
    types, which the first answer imports.
    """
    if may_contain_parameter(call, *SHAPING):
        return True
    try:
        return response_format(call, AIDBOX) == XML
    except NotAcceptable:
        return False  # the content of a Binary, which has a media type of its own


def weight(call: Call, text: str) -> int:
    """Return the size by which an answer is built in a thread."""
    return LARGE if is_rewritten(call) else len(text)


def check_answerable(call: Call, release_name: str, type_: str = "") -> None:
    """Check that a response is possible before anything is done. Raises NotAcceptable, Invalid."""
    if response_format(call, AIDBOX) == XML and type_ in release(release_name).unmodelled:
        raise NotAcceptable(f"{type_} is available only as JSON", rule="customer.xml")
    if may_contain_parameter(call, *SHAPING):
        ResponseShape.asked_for(call.request.query_params)


def shaped_response(
    call: Call, release: str, text: str, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """Return a resource in the format of the request: JSON as it is stored, unless another is requested."""
    format_ = response_format(call, AIDBOX)
    query = call.request.query_params if may_contain_parameter(call, *SHAPING) else None
    shape = ResponseShape.asked_for(query) if query else None
    pretty = query is not None and query.get("_pretty") == "true"
    if format_ == JSON and not shape and not pretty:
        return formatted_response(call, _encoded(text), JSON, status, headers)
    tree = parse(text.encode())
    tree = shape.of(release, tree) if shape else tree
    if format_ == JSON:
        return formatted_response(call, render(tree, indent=2 if pretty else None).encode(), JSON, status, headers)
    return formatted_response(call, to_xml(release, tree, pretty=pretty), format_, status, headers)


async def shaped_aside(call: Call, release: str, text: str) -> Response:
    """Do the same, in a thread where the text is rewritten."""
    return await in_thread_if_large(LARGE if is_rewritten(call) else 0, lambda: shaped_response(call, release, text))


LARGEST_SHARED = 16 * 1024
"""Characters of a text whose encoded form is remembered."""


@short_cache(1000, LARGEST_SHARED)
def _encoded(text: str) -> bytes:
    """Encode a stored text. Repeated reads, and their entries in the journal, share one copy of it."""
    return text.encode()


def _http_date(at: datetime) -> str:
    return _second(at.replace(microsecond=0))


@lru_cache(maxsize=4096)
def _second(at: datetime) -> str:
    """Format a time without fractions, as HTTP does: resources that are written one after the other share it."""
    return format_datetime(at, usegmt=True)


def _headers(repository: Repository, answer: InteractionResult) -> dict[str, str]:
    if answer.tag:
        return {"ETag": f'W/"{answer.tag}"'}
    about = answer.resource
    if about is None or answer.bundle:
        return {}
    headers = {"ETag": etag(about), "Last-Modified": _http_date(about.updated_at)}
    # customer.content-location: only after a write, to the version that it made.
    if answer.read or answer.gone or answer.status not in (200, 201):
        return headers
    address = location(repository.base, about)
    headers["Content-Location"] = address
    return {**headers, "Location": address} if answer.status == 201 else headers
