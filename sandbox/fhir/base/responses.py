"""A resource as the body of a response: bytes in a format, under the media type that the client requested."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from sandbox.fhir.base.dialects import HAPI, JSON
from sandbox.fhir.base.negotiation import content_type, response_format
from sandbox.fhir.base.query_string import parameter
from sandbox.fhir.base.text import content_of, encoded
from sandbox.http.answers import BytesResponse
from sandbox.http.call import Call

_INDENTED = json.JSONEncoder(ensure_ascii=False, indent=2)


def check_accept(call: Call) -> None:
    """Raise NotAcceptable if the client of a JSON-only endpoint does not accept JSON."""
    response_format(call, HAPI)


def fhir_response(call: Call, body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a resource as JSON, indented on `_pretty`."""
    content = encoded(_INDENTED.encode(body)) if _is_pretty(call) else content_of(body)
    return formatted_response(call, content, JSON, status, headers)


def fhir_text(call: Call, text: str) -> Response:
    """Return a resource that is already JSON without blanks."""
    return fhir_response(call, json.loads(text)) if _is_pretty(call) else formatted_response(call, encoded(text), JSON)


def formatted_response(
    call: Call, content: bytes, format_: str, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """Return the bytes of a resource in a format."""
    return BytesResponse(content, content_type(call, format_), status, headers)


def _is_pretty(call: Call) -> bool:
    return parameter(call, "_pretty") == "true"
