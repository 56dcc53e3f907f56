"""The body of a recorded request for conditions: parsed once, as far as the journal stores it, without secrets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sandbox.control.verify.bounds import Bounds, bounded
from sandbox.worlds.exchange import BODY_LIMIT, Exchange
from sandbox.worlds.masking import masked_body

CUT = f"the journal keeps only the first {BODY_LIMIT // 1024} KiB of the body"


@dataclass(frozen=True, slots=True)
class Hl7Reader:
    """Functions of the HL7 room: parse a place in a message, such as `PID-5.1`, and return the message of an
    exchange.
    """

    values_at: Callable[[str], Callable[[Any], Iterable[str]]]
    message_of: Callable[[Exchange], Any | None]


class RequestBody:
    """`json` and `message` are None where the body is not one, or the journal does not keep enough of it."""

    def __init__(self, exchange: Exchange, hl7: Hl7Reader, bounds: Bounds) -> None:
        self._exchange = exchange
        self._hl7 = hl7
        self._bounds = bounds

    @cached_property
    def json(self) -> tuple[Any] | None:
        """The JSON of the body, alone in a tuple: it may be null."""
        request = self._exchange.request
        if request.length > len(request.body):
            return None
        try:
            return (bounded(json.loads(masked_body(request.body, request.media_type)), self._bounds),)
        except (ValueError, RecursionError):
            return None

    @cached_property
    def message(self) -> Any | None:
        return self._hl7.message_of(self._exchange)

    @property
    def missing(self) -> str:
        """The reason for a missing value, in words that fit into brackets."""
        request = self._exchange.request
        return CUT if request.length > len(request.body) else "missing"

    @property
    def without_json(self) -> str:
        """The reason why `json` is None."""
        return self.missing if self.missing == CUT else "the body is not JSON"

    @property
    def without_message(self) -> str:
        """The reason why `message` is None."""
        is_cut = self._exchange.is_message and self.missing == CUT
        return CUT if is_cut else "the body is not an HL7 message"
