"""Choose the format of a response, and recognise the format of a body (https://hl7.org/fhir/R4/http.html#mime-type).

Names of both releases are accepted, including `application/json+fhir`; parameters of a media type other than `q` are
ignored.
"""

from __future__ import annotations

from functools import lru_cache

from starlette.responses import Response

from sandbox.errors import NotAcceptable, WrongMediaType
from sandbox.http.answers import BytesResponse
from sandbox.http.call import Call

JSON, XML = "json", "xml"
CONTENT_TYPES = {JSON: "application/fhir+json;charset=utf-8", XML: "application/fhir+xml;charset=utf-8"}
FORMATS = {
    "application/fhir+json": JSON,
    "application/json+fhir": JSON,
    "application/json": JSON,
    "text/json": JSON,
    "json": JSON,
    "application/fhir+xml": XML,
    "application/xml+fhir": XML,
    "application/xml": XML,
    "text/xml": XML,
    "xml": XML,
    "*/*": JSON,
    "application/*": JSON,
    "text/*": XML,
}
"""Media type, or short name for `_format` → format."""

GENERIC = frozenset({"application/json", "application/xml"})
"""Names that are not FHIR's: a client that requests one gets its response under that name."""

JSON_PATCH, MERGE_PATCH = "application/json-patch+json", "application/merge-patch+json"


def wanted(call: Call) -> str:
    """Return the preferred format; `_format` takes precedence over `Accept`. Raises NotAcceptable."""
    return FORMATS[best(accepted(call))]


def accepted(call: Call) -> str:
    """Return the requested media types: `_format`, or else `Accept`."""
    named = _named_format(call)
    # A plus sign that was not percent-encoded arrives as a space.
    return named.replace(" ", "+") if named else call.headers.get("accept", "")


def content_type(call: Call, format_: str) -> str:
    """Return the media type of a response: FHIR's name, or the generic name that `Accept` requests."""
    if _named_format(call):
        return CONTENT_TYPES[format_]
    return _called(call.headers.get("accept", ""), format_)


def _named_format(call: Call) -> str | None:
    """Return the parameter `_format`."""
    return call.request.query_params.get("_format") if may_have(call, b"_format") else None


def may_have(call: Call, *names: bytes) -> bool:
    """Return whether the address may have one of some parameters: a look before it is taken apart."""
    query: bytes = call.request.scope["query_string"]
    return bool(query) and (b"%" in query or any(name in query for name in names))


@lru_cache(1000)
def _called(accept: str, format_: str) -> str:
    media_type = next((name for name in liked(accept) if FORMATS.get(name) == format_), "")
    return f"{media_type};charset=utf-8" if media_type in GENERIC else CONTENT_TYPES[format_]


def liked(accept: str) -> list[str]:
    """Return the media types of a header, the preferred one first, without those of weight 0."""
    weighed = [(weight, name) for weight, name in map(_liking, accept.split(",")) if name and weight > 0]
    return [name for _, name in sorted(weighed, key=lambda pair: -pair[0])]


@lru_cache(1000)
def best(accept: str) -> str:
    """Return the preferred media type among the supported ones. Raises NotAcceptable."""
    if not accept.replace(",", "").strip():
        return "*/*"
    for media_type in liked(accept):
        if media_type in FORMATS:
            return media_type
    raise NotAcceptable("This endpoint returns application/fhir+json and application/fhir+xml", rule="customer.formats")


def wanted_anyway(call: Call) -> str:
    """Return the preferred media type for an error: JSON if none is supported, because an error needs a response."""
    try:
        return wanted(call)
    except NotAcceptable:
        return JSON


def _liking(part: str) -> tuple[float, str]:
    """Return weight and name of a media type."""
    media_type, *parameters = (token.strip().lower() for token in part.split(";"))
    quality = next((parameter[2:] for parameter in parameters if parameter.startswith("q=")), "1")
    try:
        return float(quality), media_type
    except ValueError:
        return 0.0, media_type


def body_format(call: Call) -> str:
    """Return the format of the body, by its first character if it has no type. Raises WrongMediaType."""
    media_type = call.media_type
    if not media_type:
        return XML if call.body.lstrip()[:1] == b"<" else JSON
    if media_type in FORMATS and "*" not in media_type:
        return FORMATS[media_type]
    raise WrongMediaType(f"A resource must be sent as {CONTENT_TYPES[JSON]}, not {media_type}", rule="customer.formats")


def written(
    call: Call, content: bytes, format_: str, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """Build a response in a format."""
    return BytesResponse(content, content_type(call, format_), status, headers)
