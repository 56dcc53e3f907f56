"""The record of one request and its response, for HTTP and HL7.

Secrets are masked when an exchange is read, which is far less often than one is recorded.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from sys import getsizeof
from typing import Any

from sandbox.clock import instant
from sandbox.worlds.masking import masked_body, masked_headers, masked_query

BODY_LIMIT = 64 * 1024
OVERHEAD, HEADER = 1000, 130
"""Bytes of memory for the record of an exchange, and for each header, besides the texts."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A recorded request or response; of the body the first 64 KiB, its size and its hash."""

    headers: Collection[tuple[bytes, bytes]] = ()
    body: bytes = b""
    media_type: str = ""
    length: int = 0
    digest: int = 0

    @classmethod
    def of(cls, headers: Collection[tuple[bytes, bytes]], body: bytes, media_type: str) -> Passed:
        return cls(headers, bytes(body[:BODY_LIMIT]), media_type, len(body), hash(body))

    def as_json(self) -> dict[str, Any]:
        """Headers and body as text, without secrets."""
        headers = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in self.headers)
        rest = f"… [{self.length} bytes]" if self.length > len(self.body) else ""
        return {"headers": masked_headers(headers), "body": masked_body(self.body, self.media_type) + rest}

    @property
    def size(self) -> int:
        """The bytes of memory of headers and body."""
        size = len(self.body) + HEADER * len(self.headers)
        for name, value in self.headers:
            size += len(name) + len(value)
        return size


NOTHING = Passed()


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One request and its answer; `explanation` says why a refusal was one.

    `client` is the client id or HL7 user name, `patient` the public id of the patient whom it is about, `scenario` the
    name that the client gave, `repeats` the id of the exchange in which the client sent the same before.
    `workspace` is the name of its world, empty for the default one. `message_digest` is the hash of the HL7 message in
    the request. `size` is the bytes of memory that the record takes, once it is kept. `fault` is the id of the fault
    rule that fitted. `status` is 0 where that let no answer out; `lost_status` is the one that the request had by then,
    0 for a request that was never carried out.
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
    lost_status: int = 0
    fault: str | None = None
    response: Passed = NOTHING
    hl7: dict[str, str] | None = None
    message_digest: int | None = None
    ms: float = 0.0
    explanation: dict[str, str] | None = None
    workspace: str = ""
    size: int = 0

    @property
    def outcome(self) -> str:
        """`accepted`, `refused` (a 4xx, AR or AE) or `failed` (a 5xx, or a request that was lost before it was
        processed).
        """
        status = self.status or self.lost_status
        if status >= 500 or not status:
            return "failed"
        return "refused" if status >= 400 or (self.hl7 or {}).get("ack") in ("AR", "AE") else "accepted"

    @property
    def explain(self) -> str:
        """The path of the explanation, with the world unless it is the default one; empty without one."""
        if not self.explanation:
            return ""
        path = f"/_sandbox/exchanges/{self.id}/explanation"
        return f"{path}?workspace={self.workspace}" if self.workspace else path

    @property
    def shown_path(self) -> str:
        """The path and its query, without secrets."""
        return f"{self.path}?{masked_query(self.query)}" if self.query else self.path

    @property
    def is_message(self) -> bool:
        """Whether an HL7 message was sent; the other requests to the HL7 API only ask for its description."""
        return self.api == "hl7" and self.method != "GET"

    def measure(self) -> None:
        """Set `size`."""
        texts = len(self.path) + len(self.query) + len(self.caller) + len(self.scenario) + len(self.cell)
        size = OVERHEAD + texts + self.request.size + self.response.size
        if self.hl7 is not None:
            size += sum(map(getsizeof, self.hl7.values()))
        if self.explanation is not None:
            size += sum(map(getsizeof, self.explanation.values()))
        self.size = size

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
            "fault": self.fault,
            "repeats": self.repeats,
            "request": {"method": self.method, "path": self.shown_path, **self.request.as_json()},
            "response": {"status": self.status, **self.response.as_json()},
            "ms": round(self.ms, 3),
            "explain": self.explain or None,
        }
        if self.hl7 is not None:
            row["hl7"] = self.hl7
        return row
