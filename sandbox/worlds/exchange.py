"""The record of one request and its response, for HTTP and HL7.

Secrets are masked when an exchange is read, which is far less often than one is recorded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

from sandbox.base.clock import instant
from sandbox.worlds.masking import masked_body, masked_headers, masked_query

BODY_LIMIT = 64 * 1024
"""Maximum number of bytes of a body that the journal keeps."""
AUTHORIZATION = b"\nauthorization\n"


class Passed(NamedTuple):
    """A request or response as it was sent, with the first 64 KiB of its body and the length of the whole.

    `head` holds names and values of the headers in turn, a line each: one object instead of three for each header.
    An access token, which is never shown, is not kept unless its header comes first.
    `digest` is the hash of the whole body, of a request only.
    """

    head: bytes = b""
    body: bytes = b""
    media_type: str = ""
    length: int = 0
    digest: int = 0

    @classmethod
    def of(cls, headers: Iterable[tuple[bytes, bytes]], body: bytes, media_type: str, digest: int = 0) -> Passed:
        head = b"\n".join(chain.from_iterable(headers))
        before, name, rest = head.partition(AUTHORIZATION)
        if name:
            # The header's lines go, not its value alone: journal entries outlive the need for a token.
            _, line_end, after = rest.partition(b"\n")
            head = before + name + line_end + after
        return cls(head, bytes(body[:BODY_LIMIT]), media_type, len(body), digest)

    def with_body(self, body: bytes) -> Passed:
        """Return the same response with another body."""
        return Passed(self.head, bytes(body[:BODY_LIMIT]), self.media_type, len(body))

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        lines = self.head.split(b"\n") if self.head else []
        return list(zip(lines[::2], lines[1::2], strict=True))

    def as_json(self) -> dict[str, Any]:
        """Headers and body as text, without secrets."""
        headers = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in self.headers)
        rest = f"… [{self.length} bytes]" if self.length > len(self.body) else ""
        return {"headers": masked_headers(headers), "body": masked_body(self.body, self.media_type) + rest}


NOTHING = Passed()


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One request and its answer; `explanation` gives the reason of a refusal.

    `client` is the client id or HL7 user name, `user` the id of the person who signed in, `patient` the public id of
    the patient, `scenario` the name that the client sent. `repeats` is the id of an earlier exchange with the same
    request. `workspace` is the name of the world, empty for the default one. `message_digest` is the hash of the HL7
    message in the request. `size` is the memory that the exchange takes, in bytes, set by `fit_to_limits`.
    `fault` is the id of the fault rule that matched. `status` is 0 where the rule let no answer out; `lost_status` is
    then the status that the answer would have had, 0 for a request that was never carried out.
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
    user: str = ""
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
    number: int = 0

    def again(self, id_: str, at: datetime, response: Passed, ms: float) -> Exchange:
        """Return the record of the same request with an equal answer at another time. Shared texts keep their size."""
        return Exchange(
            id=id_,
            at=at,
            api=self.api,
            method=self.method,
            path=self.path,
            query=self.query,
            scheme=self.scheme,
            operation=self.operation,
            caller=self.caller,
            client=self.client,
            user=self.user,
            patient=self.patient,
            scenario=self.scenario,
            credential=self.credential,
            cell=self.cell,
            standing=self.standing,
            request=self.request,
            status=self.status,
            response=response,
            ms=ms,
            explanation=self.explanation,
            workspace=self.workspace,
            size=self.size + len(response.body) - len(self.response.body),
        )

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
        """Return whether an HL7 message was sent; the other requests to the HL7 API only ask for its description."""
        return self.api == "hl7" and self.method != "GET"

    def contains(self, text: str) -> bool:
        """Return whether the path, the names, the reason or a body contains a text. Case is ignored, in bodies only
        that of ASCII letters.
        """
        needle = text.lower()
        words = (self.path, self.query, self.operation, self.caller, self.client, self.patient, self.scenario, self.id)
        texts = (*words, *(self.hl7 or {}).values(), *(self.explanation or {}).values())
        if any(needle in word.lower() for word in texts):
            return True
        bodies = self.request.body.lower(), self.response.body.lower()
        spellings = {needle, needle.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")}  # as XML has it
        return any(spelling.encode("utf-8", "replace") in body for spelling in spellings for body in bodies)

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
