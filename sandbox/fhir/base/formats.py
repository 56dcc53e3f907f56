"""JSON of the JSON-only endpoints: negotiation, media types, and the bytes of a response.

Source: *Facade*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364618357 ; the statement lists JSON only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from starlette.responses import Response

from sandbox.errors import NotAcceptable
from sandbox.fhir.base.negotiation import JSON, content_type
from sandbox.fhir.base.text import content_of, encoded
from sandbox.http.answers import BytesResponse
from sandbox.http.call import Call

FORM = "application/x-www-form-urlencoded"
JSON_TYPES = frozenset({"application/fhir+json", "application/json+fhir", "application/json", "text/json", "json"})
ANY = frozenset({"*/*", "application/*"})
_INDENTED = json.JSONEncoder(ensure_ascii=False, indent=2)


def check_accept(call: Call) -> None:
    """Raise NotAcceptable if the caller does not accept JSON; `_format` takes precedence over `Accept`, as in FHIR."""
    wanted = parameter(call, "_format")
    # A plus sign that was not percent-encoded arrives as a space.
    if not (_takes_json((wanted.replace(" ", "+"),)) if wanted else _header_takes_json(call.headers.get("accept", ""))):
        raise NotAcceptable("This endpoint returns application/fhir+json only", rule="facade.json-only")


@lru_cache(256)
def _header_takes_json(accept: str) -> bool:
    return _takes_json(accept.split(","))


def _takes_json(accepted: Iterable[str]) -> bool:
    """Whether JSON is among some media ranges; where there are none, anything is."""
    media_ranges = [media_range for media_range in accepted if media_range.strip()]
    types = {media_range.split(";")[0].strip().lower() for media_range in media_ranges if not _refused(media_range)}
    return not media_ranges or bool(types & (JSON_TYPES | ANY))


def parameter(call: Call, name: str) -> str | None:
    """Return the first value of a parameter in the query string, or in the form of a search by POST."""
    in_address = call.request.query_params.getlist(name) if call.request.scope["query_string"] else []
    if in_address or not call.body or call.media_type != FORM:
        return in_address[0] if in_address else None
    form = parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True)
    return next((value for key, value in form if key == name), None)


def _refused(accepted: str) -> bool:
    return any(part.strip().lower() in ("q=0", "q=0.0", "q=0.00", "q=0.000") for part in accepted.split(";")[1:])


def fhir_response(call: Call, body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a resource as an HTTP response, indented on `_pretty`."""
    is_pretty = parameter(call, "_pretty") == "true"
    content = encoded(_INDENTED.encode(body)) if is_pretty else content_of(body)
    return BytesResponse(content, content_type(call, JSON), status, headers)


def fhir_text(call: Call, text: str) -> Response:
    """Return a resource that is already JSON without blanks as an HTTP response."""
    if parameter(call, "_pretty") == "true":
        return fhir_response(call, json.loads(text))
    return BytesResponse(encoded(text), content_type(call, JSON))
