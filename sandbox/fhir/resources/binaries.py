"""Binary, written and read in its own media type (https://hl7.org/fhir/R4/binary.html#rest).

A body that is a Binary in JSON or XML is stored as any resource is; any other body is the content of one. A read gives
the content, unless the caller asks for the resource.
"""

from __future__ import annotations

import base64
import re
from typing import Any

from starlette.responses import Response

from sandbox.fhir.base.json import parse
from sandbox.fhir.base.negotiation import FORMATS, liked
from sandbox.http.call import Call

Json = dict[str, Any]
TYPE = "Binary"
CONTENT = {"stu3": "content", "r4": "data"}
"""Release → the element that holds the content."""

FHIR_TYPES = frozenset(name for name in FORMATS if "fhir" in name)
"""The media types that say that a body is a resource, or ask for one."""

SECURITY_CONTEXT = "X-Security-Context"
OCTETS = "application/octet-stream"
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]{1,127}/[\w!#$&^.+-]{1,127}(?:\s*;[\x20-\x7e]*)?", re.ASCII)
_IN_HEADER = re.compile(r"[\x21-\x7e]{1,2000}")


def is_content(call: Call) -> bool:
    """Whether a body cannot be a resource, going by its media type; without one, by its first character."""
    if call.media_type:
        return call.media_type not in FORMATS
    return call.body.lstrip()[:1] not in (b"{", b"<")


def names_fhir(call: Call) -> bool:
    """Whether the media type of a body says that it is a resource."""
    return call.media_type in FHIR_TYPES


def wrapped(call: Call, release: str) -> Json:
    """The Binary whose content is the body."""
    binary: Json = {"resourceType": TYPE, "contentType": call.headers.get("content-type", "").strip() or OCTETS}
    context = call.headers.get(SECURITY_CONTEXT.lower(), "").strip()
    if context:
        binary["securityContext"] = {"reference": context}
    return {**binary, **({CONTENT[release]: base64.b64encode(call.body).decode()} if call.body else {})}


def content(call: Call, release: str, text: str, headers: dict[str, str]) -> Response | None:
    """The content of a stored Binary; None where the caller asks for the resource."""
    if call.request.scope["query_string"] and call.request.query_params.get("_format", "").lower() in FORMATS:
        return None
    binary = parse(text.encode())
    media_type = str(binary.get("contentType", ""))
    if not _prefers_content(call.headers.get("accept", ""), media_type.partition(";")[0].strip().lower()):
        return None
    body = base64.b64decode(binary.get(CONTENT[release], ""))
    context = binary.get("securityContext", {}).get("reference")
    named = {"Content-Type": media_type if _MEDIA_TYPE.fullmatch(media_type) else OCTETS}
    # A page that somebody stored must not act as one of this server's.
    safe = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
    secured = {SECURITY_CONTEXT: context} if isinstance(context, str) and _IN_HEADER.fullmatch(context) else {}
    return Response(body, 200, {**headers, **named, **safe, **secured})


def _prefers_content(accept: str, media_type: str) -> bool:
    """Whether a header prefers the content: "unless specifically requested", the resource is not returned.

    FHIR's own types ask for the resource. The generic ones do where the header allows nothing else, wildcards included.
    """
    accepted_types = liked(accept)
    for accepted in accepted_types:
        if accepted in FHIR_TYPES:
            return False
        if accepted == media_type:
            return True
    return not accepted_types or not all(name in FORMATS and "*" not in name for name in accepted_types)
