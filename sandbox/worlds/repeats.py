"""The earlier exchange that a new one repeats: the same client sent the same before."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from datetime import timedelta

from sandbox.worlds.exchange import Exchange

REPEATED_WITHIN = timedelta(minutes=10)
"""The longest time between a request and its repetition; there is no limit for an HL7 message."""


class Repeats:
    """The newest exchange with each content that the journal still has."""

    def __init__(self) -> None:
        self._newest: dict[Hashable, tuple[int, Exchange]] = {}
        self._noted = 0

    def note(self, exchange: Exchange) -> str | None:
        """Return the id of the newest earlier exchange with the same content, or None."""
        earlier = []
        self._noted += 1
        for content in _contents(exchange):
            if content in self._newest:
                earlier.append(self._newest[content])
            self._newest[content] = (self._noted, exchange)
        if not earlier:
            return None
        _, newest = max(earlier, key=lambda noted: noted[0])
        is_repeated = exchange.is_message or abs(exchange.at - newest.at) <= REPEATED_WITHIN
        return newest.id if is_repeated else None

    def forget(self, exchange: Exchange) -> None:
        """Remove an exchange that the journal drops."""
        for content in _contents(exchange):
            if content in self._newest and self._newest[content][1] is exchange:
                del self._newest[content]

    def clear(self) -> None:
        self._newest.clear()


def _contents(exchange: Exchange) -> Iterator[Hashable]:
    """Return the key of an exchange and its repetitions: the whole request; for HL7 also control id and text.

    A message that was refused before it was read, for example by a fault, is known by its whole request.
    """
    client, request = exchange.client, exchange.request
    yield (client, exchange.method, exchange.path, exchange.query, request.digest)
    if exchange.message_digest is not None:
        yield (client, "text", exchange.message_digest)
    control_id = (exchange.hl7 or {}).get("control_id")
    if control_id:
        yield (client, "control id", control_id)
