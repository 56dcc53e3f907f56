"""What a replay would send, without a connection: ids that come from answers stand as the exchange that brings them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sandbox.replay.addresses import path_of
from sandbox.replay.recording import Json, RecordedExchange, Recording
from sandbox.replay.run import Replay


def planned(replay: Replay) -> Iterator[Json]:
    """Yield a row for each exchange: the request line and caller, or why it would not be sent."""
    placeholders = _placeholders(replay.recording)
    for exchange in replay.recording.exchanges:
        reason = replay.obstacle(exchange) or _missing_part(exchange, replay)
        yield {
            "number": exchange.number,
            "api": exchange.api,
            "operation": exchange.name,
            "method": exchange.method if exchange.scheme != "mllp" else "POST",
            "url": replay.connection.url + _target(exchange, replay, placeholders.get(exchange.id, {})),
            "client": _caller(exchange, replay),
            "user": exchange.user and replay.bindings.value(exchange.user),
            "bytes": len(exchange.request.body),
            "needs": sorted({row.needs for row in replay.recording.dependencies if row.exchange == exchange.id}),
            "reason": reason,
        }


def _placeholders(recording: Recording) -> dict[str, dict[str, str]]:
    """Return for each exchange the values that earlier answers bring, and how they stand in a plan."""
    numbers = {row.id: row.number for row in recording.exchanges}
    rows: dict[str, dict[str, str]] = {}
    for need in recording.dependencies:
        if need.value:
            rows.setdefault(need.exchange, {})[need.value] = f"{{{need.kind} of {numbers[need.needs]}}}"
    return rows


def _target(exchange: RecordedExchange, replay: Replay, placeholders: dict[str, str]) -> str:
    # A replay has only an HTTP address: what came by MLLP goes there in SOAP.
    if exchange.scheme == "mllp":
        return "/services/hl7"
    target = path_of(exchange) + exchange.target.removeprefix(exchange.path)
    for value, placeholder in placeholders.items():
        target = re.sub(rf"(?<![\w-]){re.escape(value)}(?![\w-])", placeholder, target)
    return replay.bindings.rewrite(target)


def _caller(exchange: RecordedExchange, replay: Replay) -> str:
    credential = replay.authorization.credentials.get(exchange.client)
    return credential.id if credential else exchange.client


def _missing_part(exchange: RecordedExchange, replay: Replay) -> str:
    if not exchange.request.is_whole:
        return "the journal kept only the beginning of its body"
    has_secret = "authorization" in exchange.request.headers
    if has_secret and exchange.client and exchange.client not in replay.authorization.credentials:
        return f"the credentials file has no credential for {exchange.client} ({exchange.kind})"
    return ""
