"""Exchanges out of the entries of an HTTP Archive, as the control API of a sandbox writes them."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from typing import Any

from sandbox.replay.recording import Json, RecordedExchange, RecordedMessage

_URL = re.compile(r"(?P<base>(?P<scheme>[a-z]+)://[^/?#]+)(?P<target>[^#]*)")


def exchange_of(entry: Json, number: int) -> RecordedExchange:
    """Build the exchange of an entry. Raises KeyError, TypeError or ValueError for an entry that is not one."""
    request, response = entry["request"], entry["response"]
    url = _URL.match(request["url"])
    if url is None:
        raise ValueError(f"{request['url']!r} is not an absolute URL")
    return RecordedExchange(
        number=number,
        id=_text(entry, "_exchange"),
        at=_instant(entry["startedDateTime"]),
        api=_text(entry, "_api"),
        operation=_text(entry, "_operation"),
        client=_text(entry, "_client"),
        user=_text(entry, "_user"),
        kind=_text(entry, "_credential"),
        standing=_text(entry, "_standing"),
        rule=_text(entry, "_rule"),
        fault=_text(entry, "_fault"),
        method=_text(request, "method"),
        scheme=url["scheme"],
        base_url=url["base"],
        # RFC 9110, 4.2.3: an empty path is the same as `/`.
        target=url["target"] if url["target"].startswith("/") else f"/{url['target']}",
        request=_message(request, request.get("postData") or {}, "_encoding", request["bodySize"]),
        status=int(response["status"]),
        response=_message(response, response["content"], "encoding", response["bodySize"]),
        claims=dict(entry.get("_claims") or {}),
    )


def _text(row: Json, key: str) -> str:
    value = row.get(key, "")
    if not isinstance(value, str):
        raise ValueError(f"{key} is not text")
    return value


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def _message(part: Json, content: Json, encoding: str, size: Any) -> RecordedMessage:
    text = str(content.get("text", ""))
    body = base64.b64decode(text) if content.get(encoding) == "base64" else text.encode()
    headers = {str(row["name"]).lower(): str(row["value"]) for row in part["headers"]}
    if content.get("mimeType"):
        headers.setdefault("content-type", str(content["mimeType"]))
    # A comment says that the journal kept only the beginning of a body; a size without text is a streamed file.
    return RecordedMessage(headers, body, not content.get("comment") and (bool(body) or not int(size or 0)))
