"""Choose the format of a response, and recognise the format of a body (https://hl7.org/fhir/R4/http.html#mime-type).

Names of both releases are accepted, including `application/json+fhir`; parameters of a media type other than `q` are
ignored. Which formats an endpoint has is a column of its dialect.
"""

from __future__ import annotations

from sandbox.base.short_cache import short_cache
from sandbox.errors import NotAcceptable, WrongMediaType
from sandbox.fhir.base.dialects import JSON, XML, Dialect
from sandbox.fhir.base.query_string import parameter
from sandbox.http.call import Call

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
PATCH_TYPES = f"{JSON_PATCH}, {MERGE_PATCH}"
"""The types that `Accept-Patch` lists in a refusal (RFC 5789 section 2.2)."""


class UnsupportedPatch(WrongMediaType):
    """A patch of an unsupported kind: the response lists the supported ones."""

    def __init__(self, text: str) -> None:
        accepted = f"{JSON_PATCH} or {MERGE_PATCH}"
        super().__init__(f"{text}: send {accepted}", rule="customer.patch", instead=accepted)


def response_format(call: Call, dialect: Dialect) -> str:
    """Return the preferred format; `_format` takes precedence over `Accept`. Raises NotAcceptable."""
    return _preferred(_requested_types(call, dialect), dialect)


def error_format(call: Call, dialect: Dialect) -> str:
    """Return the preferred format for an error: JSON if none is supported, because an error needs a response."""
    try:
        return response_format(call, dialect)
    except NotAcceptable:
        return JSON


def content_type(call: Call, format_: str) -> str:
    """Return the media type of a response: FHIR's name, or the generic name that `Accept` requests."""
    if _format_in_address(call):
        return CONTENT_TYPES[format_]
    return _named_content_type(call.headers.get("accept", ""), format_)


def body_format(call: Call, dialect: Dialect) -> str:
    """Return the format of the body: by its media type, or by its first character where the dialect guesses. Raises
    WrongMediaType.
    """
    media_type = call.media_type
    if not media_type and dialect.guesses_format:
        return XML if call.body.lstrip()[:1] == b"<" else JSON
    if "*" not in media_type and FORMATS.get(media_type) in dialect.formats:
        return FORMATS[media_type]
    raise WrongMediaType(dialect.wrong_media_type.format(media_type), rule=dialect.wrong_media_type_rule)


def may_contain_parameter(call: Call, *names: bytes) -> bool:
    """Return whether the query string may contain one of some parameters: a quick test before it is parsed."""
    query: bytes = call.request.scope["query_string"]
    # A percent sign may encode any name.
    return b"%" in query or any(name in query for name in names)


def accepted_types(accept: str) -> list[str]:
    """Return the media types of a header, the preferred one first, without those of weight 0."""
    weighed = [(weight, name) for weight, name in map(_weight_and_type, accept.split(",")) if name and weight > 0]
    return [name for _, name in sorted(weighed, key=lambda pair: -pair[0])]


def _requested_types(call: Call, dialect: Dialect) -> str:
    """Return `_format`, or else `Accept`."""
    format_ = parameter(call, "_format") if dialect.counts_form and call.body else _format_in_address(call)
    # A plus sign that was not percent-encoded arrives as a space.
    return format_.replace(" ", "+") if format_ else call.headers.get("accept", "")


def _format_in_address(call: Call) -> str | None:
    return parameter(call, "_format", in_form=False) if may_contain_parameter(call, b"_format") else None


@short_cache(1000)
def _preferred(accept: str, dialect: Dialect) -> str:
    """Return the format of the preferred media type among the supported ones. Raises NotAcceptable."""
    if not accept.replace(",", "").strip():
        return JSON
    for media_type in accepted_types(accept):
        if FORMATS.get(media_type) in dialect.formats:
            return FORMATS[media_type]
    raise NotAcceptable(dialect.not_acceptable, rule=dialect.not_acceptable_rule)


@short_cache(1000)
def _named_content_type(accept: str, format_: str) -> str:
    media_type = next((name for name in accepted_types(accept) if FORMATS.get(name) == format_), "")
    return f"{media_type};charset=utf-8" if media_type in GENERIC else CONTENT_TYPES[format_]


def _weight_and_type(part: str) -> tuple[float, str]:
    """Return weight and name of a media type."""
    media_type, *parameters = (token.strip().lower() for token in part.split(";"))
    quality = next((parameter[2:] for parameter in parameters if parameter.startswith("q=")), "1")
    try:
        return float(quality), media_type
    except ValueError:
        return 0.0, media_type
