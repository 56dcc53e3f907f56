"""The journal: a record of each exchange, HTTP and HL7 alike, in a ring that says what it dropped.

Secrets never get out: headers that carry credentials and the values of secret-bearing keys are masked when an exchange
is shown, which happens far less often than that one is kept.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus

from sandbox.clock import instant

MASK = "[redacted]"
SECRET_HEADERS = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization"})
SECRET_KEYS = (
    "access_token",
    "refresh_token",
    "client_secret",
    "password",
    "token",
    "otpToken",
    "assertedLoginIdentity",
)
_NAMES = "|".join(SECRET_KEYS)
_IN_JSON = re.compile(rf'("(?:{_NAMES})"\s*:\s*")(?:[^"\\]|\\.)*("|\\?$)', re.DOTALL)
_IN_PARAMETERS = re.compile(r'("name"\s*:\s*"token"\s*,\s*"valueString"\s*:\s*")[^"]*')
_NAME_IN_FORM = re.compile(r"(?<![^&?\s])([^&?\s=]+)=")
_END_IN_FORM = re.compile(r"[&\s]")
_FORM_KEYS = frozenset((*SECRET_KEYS, "code"))  # in JSON, `code` is FHIR's word and no secret
_IN_HEADER = re.compile(
    r"((?:MSH|FHS|BHS)([^\w\s])(?:(?:(?!\2)[^\r\n])*\2){6})((?:(?!\2)[^\r\n:<])*:(?:(?!\2)[^\r\n<])*)"
)
"""The security field of an HL7 header, where it holds user and password."""
BODY_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Passed:
    """A request or an answer as it passed; of the body the first 64 KiB, how many bytes there were, and their hash."""

    headers: Iterable[tuple[bytes, bytes]] = ()
    body: bytes = b""
    media_type: str = ""
    length: int = 0
    digest: int = 0

    @classmethod
    def of(cls, headers: Iterable[tuple[bytes, bytes]], body: bytes, media_type: str) -> Passed:
        return cls(headers, bytes(body[:BODY_LIMIT]), media_type, len(body), hash(body))

    def as_json(self) -> dict[str, Any]:
        """Headers and body as text, without secrets."""
        headers = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in self.headers)
        rest = f"… [{self.length} bytes]" if self.length > len(self.body) else ""
        return {"headers": masked_headers(headers), "body": masked_body(self.body, self.media_type) + rest}


NOTHING = Passed()


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One request and its answer; `explanation` says why a refusal was one.

    `client` is the client id or HL7 user name, `patient` the public id of the patient whom it is about, `scenario` the
    name that the client gave, `repeats` the id of the exchange in which the client sent the same before.
    """

    id: str
    at: datetime
    api: str
    method: str
    path: str
    query: str = ""
    scheme: str = "http"
    operation: str = ""
    caller: str = ""
    client: str = ""
    patient: str = ""
    scenario: str = ""
    repeats: str | None = None
    credential: str = ""
    cell: str = ""
    standing: str = ""
    request: Passed = NOTHING
    status: int = 0
    response: Passed = NOTHING
    hl7: dict[str, str] | None = None
    ms: float = 0.0
    explanation: dict[str, str] | None = None

    @property
    def outcome(self) -> str:
        """`accepted`, `refused` (a 4xx, AR or AE) or `failed` (a 5xx)."""
        if self.status >= 500:
            return "failed"
        return "refused" if self.status >= 400 or (self.hl7 or {}).get("ack") in ("AR", "AE") else "accepted"

    @property
    def shown_path(self) -> str:
        """The path and its query, without secrets."""
        return f"{self.path}?{masked_query(self.query)}" if self.query else self.path

    @property
    def size(self) -> int:
        return len(self.request.body) + len(self.response.body) + 1024

    def as_json(self) -> dict[str, Any]:
        row: dict[str, Any] = {
            "id": self.id,
            "at": instant(self.at),
            "api": self.api,
            "operation": self.operation,
            "outcome": self.outcome,
            "caller": self.caller,
            "credential": self.credential,
            "cell": self.cell,
            "standing": self.standing,
            "scenario": self.scenario or None,
            "fault": None,
            "repeats": self.repeats,
            "request": {"method": self.method, "path": self.shown_path, **self.request.as_json()},
            "response": {"status": self.status, **self.response.as_json()},
            "ms": round(self.ms, 3),
            "explain": f"/_sandbox/exchanges/{self.id}/explanation" if self.explanation else None,
        }
        if self.hl7 is not None:
            row["hl7"] = self.hl7
        return row


REPEATED_WITHIN = timedelta(minutes=10)
"""How long after a request the same one counts as its repetition; an HL7 message has no such end."""


def _likenesses(exchange: Exchange) -> list[Hashable]:
    """What an exchange shares with its repetitions: for HL7 the control id, or the text; else the whole request."""
    if exchange.hl7 is None:
        request = (exchange.method, exchange.path, exchange.query, exchange.request.digest)
        return [(exchange.client, exchange.api, *request)]
    control_id = exchange.hl7.get("control_id")
    same_id = [(exchange.client, "control id", control_id)] if control_id else []
    return [*same_id, (exchange.client, "text", exchange.request.digest)]


class Exchanges:
    """A ring bounded by count and by bytes; `dropped` counts what fell out of it."""

    def __init__(self, limit: int = 1000, bytes_limit: int = 16 * 1024 * 1024) -> None:
        self._limit = limit
        self._bytes_limit = bytes_limit
        self._ring: deque[Exchange] = deque()
        self._bytes = 0
        self._newest: dict[Hashable, Exchange] = {}
        self.dropped = 0

    def add(self, exchange: Exchange) -> None:
        """Keeps an exchange, and notes which earlier one it repeats."""
        for likeness in _likenesses(exchange):
            earlier = self._newest.get(likeness)
            if earlier is not None and (exchange.hl7 is not None or exchange.at - earlier.at <= REPEATED_WITHIN):
                exchange.repeats = earlier.id
            self._newest[likeness] = exchange
        self._ring.append(exchange)
        self._bytes += exchange.size
        while len(self._ring) > self._limit or (self._bytes > self._bytes_limit and len(self._ring) > 1):
            self._drop(self._ring.popleft())

    def _drop(self, exchange: Exchange) -> None:
        self._bytes -= exchange.size
        self.dropped += 1
        for likeness in _likenesses(exchange):
            if self._newest.get(likeness) is exchange:
                del self._newest[likeness]

    def find(self, id_: str) -> Exchange | None:
        return next((exchange for exchange in self._ring if exchange.id == id_), None)

    def clear(self) -> None:
        self._ring.clear()
        self._newest.clear()
        self._bytes = self.dropped = 0

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self._ring)

    def __len__(self) -> int:
        return len(self._ring)


def masked_headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers without credentials, and redirects without the code that they carry."""
    return {name: masked_header(name.lower(), value) for name, value in headers}


def masked_header(name: str, value: str) -> str:
    """The value of a header, whose name is in lower case, without credentials and without the code of a redirect."""
    if name in SECRET_HEADERS:
        return MASK
    return masked_query(value) if name in ("location", "referer") else value


def masked_body(body: bytes, media_type: str) -> str:
    """A body as text with the values of secret-bearing keys masked; undecodable bytes are replaced."""
    return masked_text(body.decode("utf-8", "replace"), media_type)


def masked_text(text: str, media_type: str) -> str:
    """A text with the values of secret-bearing keys masked."""
    text = _IN_HEADER.sub(rf"\1{MASK}", text)
    if "json" in media_type:
        return _masked_json(text)
    # A form, or what was sent as something else than it is: a token request of the wrong type holds secrets too.
    return text if "xml" in media_type else masked_query(_masked_json(text))


def _masked_json(text: str) -> str:
    masked = _IN_JSON.sub(rf"\1{MASK}\2", text)
    return _IN_PARAMETERS.sub(rf"\1{MASK}", masked) if '"Parameters"' in masked else masked


def masked_query(text: str) -> str:
    """A query string or form with the values of secret-bearing names masked, however the names are encoded."""
    parts: list[str] = []
    end = 0
    for name in _NAME_IN_FORM.finditer(text):
        if name.start() >= end and unquote_plus(name[1]) in _FORM_KEYS:
            parts += (text[end : name.end()], MASK)
            value_end = _END_IN_FORM.search(text, name.end())
            end = value_end.start() if value_end else len(text)
    return "".join(parts) + text[end:]
