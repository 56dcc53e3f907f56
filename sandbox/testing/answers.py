"""Results of the library: acknowledgements, tokens, and the error of a refused control call."""

from __future__ import annotations

from dataclasses import dataclass


class ControlError(RuntimeError):
    """The control API refused a call: `status` is the HTTP status, `detail` the sentence that says why."""

    def __init__(self, call: str, status: int, detail: str) -> None:
        super().__init__(f"{call} answered {status}: {detail}")
        self.status = status
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Ack:
    """An HL7 acknowledgement: MSA-1 (`AA`, `AE` or `AR`), MSA-3, MSA-2, and the whole message."""

    code: str
    text: str
    control_id: str
    message: str

    @classmethod
    def parse(cls, message: str) -> Ack:
        """Take an acknowledgement apart. Raises ValueError for a text without MSA."""
        segments = (line.split("|") for line in message.replace("\n", "\r").split("\r"))
        msa = next((fields for fields in segments if fields[0] == "MSA"), None)
        if msa is None:
            raise ValueError(f"The answer is not an acknowledgement, since it has no MSA segment: {message[:200]!r}")
        # A fault rule may have left fields out.
        _, code, control_id, text = (*msa, "", "", "")[:4]
        return cls(code, text, control_id, message)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of an API session; `expires_in` is the access token's lifetime in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int

    def __repr__(self) -> str:
        # Test frameworks print values of failed assertions into logs.
        return f"Tokens(access_token='…', refresh_token='…', expires_in={self.expires_in})"
