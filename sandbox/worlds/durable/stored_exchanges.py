"""Exchanges of the journal as JSON and back. Secrets are masked before they are written: the file outlives their use.

A hash of a whole body does not outlive the process, so only a repetition of an HL7 control id, or of a request without
a body, is recognised afterwards.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.worlds.exchange import Exchange, Passed
from sandbox.worlds.masking import masked_body, masked_header, masked_query

Json = dict[str, Any]
PLAIN = (
    "id",
    "api",
    "method",
    "path",
    "scheme",
    "operation",
    "caller",
    "client",
    "user",
    "patient",
    "scenario",
    "repeats",
    "credential",
    "cell",
    "standing",
    "status",
    "lost_status",
    "fault",
    "hl7",
    "ms",
    "explanation",
    "workspace",
)
"""Attributes that are JSON already, and hold no secret."""
APART = ("at", "query", "request", "response")
NOT_KEPT = ("message_digest", "size", "number")


def render_exchange(exchange: Exchange) -> Json:
    return {
        **{name: value for name in PLAIN if (value := getattr(exchange, name)) or value == {}},
        "at": exchange.at.isoformat(),
        "query": masked_query(exchange.query),
        "request": _render_passed(exchange.request),
        "response": _render_passed(exchange.response),
    }


def parse_exchange(row: Json) -> Exchange:
    """Return an exchange of the file. Raises KeyError, TypeError, ValueError for an invalid row."""
    return Exchange(
        **{name: row[name] for name in PLAIN if name in row},
        at=datetime.fromisoformat(row["at"]),
        query=row["query"],
        request=_parse_passed(row["request"], row["id"]),
        response=_parse_passed(row["response"], row["id"]),
    )


def _render_passed(passed: Passed) -> list[Any]:
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in passed.headers]
    return [
        [[name, masked_header(name.lower(), value)] for name, value in headers],
        masked_body(passed.body, passed.media_type),
        passed.media_type,
        passed.length if passed.length > len(passed.body) else None,
    ]


def _parse_passed(row: list[Any], id_: str) -> Passed:
    headers, text, media_type, cut_length = row
    body = text.encode("utf-8", "replace")
    head = b"\n".join(part.encode("latin-1") for pair in headers for part in pair)
    length = len(body) if cut_length is None else max(cut_length, len(body) + 1)
    # A digest that no other body has: the original bytes are no longer known.
    return Passed(head, body, media_type, length, hash((id_, "stored")) if body else 0)
