"""Binary, written and read in its own media type (https://hl7.org/fhir/R4/binary.html#rest).

A body that is a Binary in JSON or XML is stored like any resource; any other body is the content of a Binary. A read
returns the content, unless the caller requests the resource.
"""

from __future__ import annotations

import base64
import re
from typing import Any

from starlette.responses import Response

from sandbox.fhir.base.json import parse
from sandbox.fhir.base.negotiation import FORMATS, accepted_types
from sandbox.http.call import Call

Json = dict[str, Any]
TYPE = "Binary"
CONTENT = {"stu3": "content", "r4": "data"}
"""Release → the element with the content."""

FHIR_TYPES = frozenset(name for name in FORMATS if "fhir" in name)
"""The media types of a resource, in a body or in Accept."""

SECURITY_CONTEXT = "X-Security-Context"
OCTETS = "application/octet-stream"
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]{1,127}/[\w!#$&^.+-]{1,127}(?:\s*;[\x20-\x7e]*)?", re.ASCII)
_IN_HEADER = re.compile(r"[\x21-\x7e]{1,2000}")


def is_content(call: Call) -> bool:
    """Return whether a body cannot be a resource, by its media type or else by its first character."""
    if call.media_type:
        return call.media_type not in FORMATS
    return call.body.lstrip()[:1] not in (b"{", b"<")


def names_fhir(call: Call) -> bool:
    """Return whether the media type of a body is that of a resource."""
    return call.media_type in FHIR_TYPES


def as_binary(call: Call, release: str) -> Json:
    """Build the Binary whose content is the body."""
    binary: Json = {"resourceType": TYPE, "contentType": call.headers.get("content-type", "").strip() or OCTETS}
    context = call.headers.get(SECURITY_CONTEXT.lower(), "").strip()
    if context:
        binary["securityContext"] = {"reference": context}
    return {**binary, **({CONTENT[release]: base64.b64encode(call.body).decode()} if call.body else {})}


def content_response(call: Call, release: str, text: str, headers: dict[str, str]) -> Response | None:
    """Return the content of a stored Binary; None if the caller requests the resource."""
    # `_format` requests the resource, because the content has only one format.
    if call.request.scope["query_string"] and call.request.query_params.get("_format", "").lower() in FORMATS:
        return None
    binary = parse(text.encode())
    media_type = str(binary.get("contentType", ""))
    if not _prefers_content(call.headers.get("accept", ""), media_type.partition(";")[0].strip().lower()):
        return None
    body = base64.b64decode(binary.get(CONTENT[release], ""))
    context = binary.get("securityContext", {}).get("reference")
    # The stored type is the sender's text: only a well-formed one may become a header.
    named = {"Content-Type": media_type if _MEDIA_TYPE.fullmatch(media_type) else OCTETS}
    # A page that somebody stored must not act as one of this server's.
    safe = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
    secured = {SECURITY_CONTEXT: context} if isinstance(context, str) and _IN_HEADER.fullmatch(context) else {}
    return Response(body, 200, {**headers, **named, **safe, **secured})


def _prefers_content(accept: str, media_type: str) -> bool:
    """Return whether a header prefers the content: "unless specifically requested", the resource is not returned.

    FHIR's own types request the resource. Generic types do only if the header allows nothing else, including
    wildcards.
    """
    names = accepted_types(accept)
    for accepted in names:
        if accepted in FHIR_TYPES:
            return False
        if accepted == media_type:
            return True
    return not names or not all(name in FORMATS and "*" not in name for name in names)
