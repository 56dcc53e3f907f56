"""Two responses to the same request: status first, then headers, then the body in the dialect of its API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from sandbox.replay.compare import fhir, hl7, oauth, rest
from sandbox.replay.compare.difference import ABSENT, Difference
from sandbox.replay.compare.trees import Trees
from sandbox.replay.compare.values import Values
from sandbox.replay.compare.xml import tree_of
from sandbox.replay.connection import ReplayedResponse
from sandbox.replay.recording import RecordedExchange
from sandbox.worlds.masking import masked_header, masked_text

HEADERS = ("location", "etag", "last-modified", "retry-after", "allow")
"""Headers whose values are compared; of the content type only the media type is."""
Comparison = Callable[[Any, Any, str, Values], Iterator[Difference]]
DIALECTS: dict[str, Comparison] = {
    "rest": rest.compare_objects,
    "facade": fhir.compare_resources,
    "messaging": fhir.compare_resources,
    "customer": fhir.compare_resources,
    "aggregated": fhir.compare_resources,
    "oauth": oauth.compare_token_responses,
}
"""API → the comparison of its JSON answers."""


def compare_responses(exchange: RecordedExchange, reply: ReplayedResponse, values: Values) -> list[Difference]:
    """Return the differences. If the status differs, that is the only one, because the others follow from it."""
    # Read before the masking, which hides the access token; a recording keeps only the claims of its own.
    claims = reply.as_json() if exchange.operation.startswith("token ") else None
    reply = _masked(reply)
    if exchange.status != reply.status:
        before, after = exchange.status or "no answer", reply.status or "no answer"
        return [Difference("status", before, after, is_code=True, detail=_reason(reply))]
    if exchange.api == "hl7" and exchange.method == "POST":
        messages = hl7.message_in(exchange.response.body), hl7.message_in(reply.body)
        if any(messages):
            return list(hl7.compare_messages(*messages, values))
    differences = [*_headers(exchange, reply, values), *_bodies(exchange, reply, values)]
    if isinstance(claims, dict) and exchange.status == 200:
        differences += oauth.compare_claims(exchange.claims, claims, values)
    return differences


def _masked(reply: ReplayedResponse) -> ReplayedResponse:
    """Return a response with its secrets masked as in a recording: no report may contain one."""
    headers = {name: masked_header(name, value) for name, value in reply.headers.items()}
    try:
        body = masked_text(reply.body.decode(), reply.media_type).encode()
    except UnicodeDecodeError:
        body = reply.body
    return ReplayedResponse(reply.status, headers, body)


def _reason(reply: ReplayedResponse) -> str:
    """Return the text of an error body of any of the APIs; empty for another body."""
    body = reply.as_json()
    if not isinstance(body, dict):
        return ""
    issues = body.get("issue")
    if isinstance(issues, list) and issues and isinstance(issues[0], dict):
        return str(issues[0].get("diagnostics") or "")
    return str(next((body[key] for key in ("error_description", "error", "message", "detail") if body.get(key)), ""))


def _headers(exchange: RecordedExchange, reply: ReplayedResponse, values: Values) -> Iterator[Difference]:
    before, after = exchange.response.media_type, reply.media_type
    if before != after:
        yield Difference("header content-type", before, after, is_code=True)
    recorded = {name: exchange.response.headers[name] for name in HEADERS if name in exchange.response.headers}
    actual = {name: reply.headers[name] for name in HEADERS if name in reply.headers}
    for difference in Trees("headers", values).compare(recorded, actual, "", ()):
        yield difference._replace(where=f"header {difference.where}")


def _bodies(exchange: RecordedExchange, reply: ReplayedResponse, values: Values) -> Iterator[Difference]:
    if not exchange.response.is_whole or exchange.response.media_type == "text/html":
        return
    query = exchange.target.partition("?")[2]
    recorded, actual = _tree(exchange.response.media_type, exchange.response.body), _tree(reply.media_type, reply.body)
    if recorded is None or actual is None:
        if not values.same(exchange.response.text, reply.text):
            yield Difference("body", exchange.response.text or ABSENT, reply.text or ABSENT)
        return
    yield from DIALECTS.get(exchange.api, rest.compare_objects)(recorded, actual, query, values)


def _tree(media_type: str, body: bytes) -> Any:
    """Return a JSON or XML body as a tree; None for any other."""
    if "json" in media_type:
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            return None
    return tree_of(body) if "xml" in media_type else None
