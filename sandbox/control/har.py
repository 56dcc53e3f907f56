"""Exchanges as entries of an HTTP Archive (HAR 1.2, http://www.softwareishard.com/blog/har-12-spec/).

Secrets are masked as everywhere in the journal. Data without a place in HAR is in fields that begin with `_`.
"""

from __future__ import annotations

import base64
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, quote

from sandbox import __version__
from sandbox.base.clock import instant
from sandbox.worlds.exchange import Exchange, Passed
from sandbox.worlds.masking import masked_body, masked_header, masked_query, masked_text, wide_encoding
from sandbox.worlds.token_claims import claims_in

Json = dict[str, Any]
CREATOR = {"name": "PKB Sandbox", "version": __version__}
MLLP = "mllp"
_IN_PATH, _IN_QUERY = "/%:@!$&'()*+,;=~", "/%?:@!$&'()*+,;=~"
"""Characters that are not percent-encoded in a part of a URL (RFC 3986)."""


def entry(exchange: Exchange) -> Json:
    """One exchange. Its start is the time of its world; a message that came by MLLP is a POST to `mllp://…`."""
    return {
        "startedDateTime": instant(exchange.at),
        "time": round(exchange.ms, 3),
        "request": _request(exchange),
        "response": _response(exchange),
        "cache": {},
        "timings": {"send": 0, "wait": round(exchange.ms, 3), "receive": 0},
        **_own_fields(exchange),
    }


def _request(exchange: Exchange) -> Json:
    request = exchange.request
    row = {
        "method": "POST" if exchange.scheme == MLLP else exchange.method,
        "url": _url(exchange),
        "httpVersion": _version(exchange),
        "cookies": [],
        "headers": _headers(request),
        "queryString": [
            {"name": name, "value": value}
            for name, value in parse_qsl(masked_query(exchange.query), keep_blank_values=True)
        ],
        "headersSize": -1,
        "bodySize": request.length,
    }
    if request.length:
        text, encoding = _text(request)
        binary = {"_encoding": encoding} if encoding else {}
        row["postData"] = {"mimeType": request.media_type, "text": text, **binary, **_cut(request)}
    return row


def _response(exchange: Exchange) -> Json:
    response = exchange.response
    size = response.length or _streamed(response)
    content: Json = {"size": size, "mimeType": response.media_type}
    if response.length:
        text, encoding = _text(response)
        content |= {"text": text, **({"encoding": encoding} if encoding else {})}
    comment = {"comment": "The journal does not store streamed files."} if size and not response.length else {}
    return {
        "status": exchange.status,
        "statusText": HTTPStatus(exchange.status).phrase if exchange.status in set(HTTPStatus) else "",
        "httpVersion": _version(exchange),
        "cookies": [],
        "headers": _headers(response),
        "content": content | _cut(response) | comment,
        "redirectURL": next((row["value"] for row in _headers(response) if row["name"] == "location"), ""),
        "headersSize": -1,
        "bodySize": size,
    }


def _own_fields(exchange: Exchange) -> Json:
    """Return the sandbox's own data about an exchange, each field with a `_`; empty ones are omitted."""
    row = exchange.as_json()
    hl7 = exchange.hl7 or {}
    fields = {
        "_exchange": exchange.id,
        **{f"_{name}": row[name] for name in ("api", "operation", "outcome", "caller", "credential", "cell")},
        **{f"_{name}": row[name] for name in ("standing", "scenario", "fault", "repeats", "explain")},
        "_client": exchange.client,
        "_user": exchange.user,
        "_rule": (exchange.explanation or {}).get("id"),
        # The token itself is masked; its claims tell a replay whose it was.
        "_claims": claims_in(exchange.response.body) if exchange.api == "oauth" else None,
        "_message_type": hl7.get("type"),
        "_control_id": hl7.get("control_id"),
        "_ack": hl7.get("ack"),
    }
    return {name: value for name, value in fields.items() if value}


def _url(exchange: Exchange) -> str:
    """Return the absolute URL of a request, without secrets."""
    host = next((value.decode("latin-1") for name, value in exchange.request.headers if name == b"host"), "localhost")
    query = f"?{quote(masked_query(exchange.query), safe=_IN_QUERY)}" if exchange.query else ""
    return f"{exchange.scheme}://{quote(host, safe=':[]')}{quote(exchange.path, safe=_IN_PATH)}{query}"


def _version(exchange: Exchange) -> str:
    return "MLLP" if exchange.scheme == MLLP else "HTTP/1.1"


def _headers(passed: Passed) -> list[dict[str, str]]:
    decoded = ((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in passed.headers)
    return [{"name": name, "value": masked_header(name, value)} for name, value in decoded]


def _text(passed: Passed) -> tuple[str, str]:
    """Return the body without secrets, and its encoding: `base64` if it is neither UTF-8 nor UTF-16, else none."""
    if wide_encoding(passed.body):
        return masked_body(passed.body, passed.media_type), ""
    text = _without_half_character(passed).decode("utf-8", "surrogateescape")
    masked = masked_text(text, passed.media_type)
    try:
        masked.encode()
    except UnicodeEncodeError:
        return base64.b64encode(masked.encode("utf-8", "surrogateescape")).decode(), "base64"
    return masked, ""


def _without_half_character(passed: Passed) -> bytes:
    """Return the stored bytes, without a character that the limit of the journal cut."""
    body = passed.body
    if passed.length > len(body):
        # The start of the last character: bytes of the form 10xxxxxx continue one, and UTF-8 has four bytes at most.
        start = next((n for n in range(len(body) - 1, len(body) - 5, -1) if body[n] & 0xC0 != 0x80), 0)
        try:
            body[start:].decode()
        except UnicodeDecodeError:
            return body[:start]
    return body


def _cut(passed: Passed) -> dict[str, str]:
    """Return a comment on a body of which the journal stored only the beginning."""
    kept = len(passed.body)
    return {"comment": f"The first {kept} of {passed.length} bytes."} if kept < passed.length else {}


def _streamed(response: Passed) -> int:
    """Return the size of a streamed response, from its header."""
    length = next((value for name, value in response.headers if name == b"content-length"), b"0")
    return int(length) if length.isdigit() else 0
