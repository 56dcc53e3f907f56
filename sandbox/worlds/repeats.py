"""The earlier exchange that a new one repeats: the same client sent the same before."""

from __future__ import annotations

from datetime import timedelta

from sandbox.worlds.exchange import Exchange

REPEATED_WITHIN = timedelta(minutes=10)
"""The longest time between a request and its repetition; there is no limit for an HL7 message."""


class Repeats:
    """The newest exchange with each content that the journal still has."""

    def __init__(self) -> None:
        self._newest: dict[int, Exchange] = {}
        self._noted = 0

    def note(self, exchange: Exchange) -> str | None:
        """Return the id of the newest earlier exchange with the same content; None where there is none."""
        newest: Exchange | None = None
        self._noted += 1
        exchange.number = self._noted
        for content in _contents(exchange):
            earlier = self._newest.get(content)
            if earlier is not None and (newest is None or earlier.number > newest.number):
                newest = earlier
            self._newest[content] = exchange
        if newest is None:
            return None
        # Senders of HL7 repeat a message after hours or days; the same read after a while is simply another read.
        is_repeated = exchange.is_message or abs(exchange.at - newest.at) <= REPEATED_WITHIN
        return newest.id if is_repeated else None

    def forget(self, exchange: Exchange) -> None:
        """Remove an exchange that the journal drops."""
        for content in _contents(exchange):
            if self._newest.get(content) is exchange:
                del self._newest[content]

    def clear(self) -> None:
        self._newest.clear()


def _contents(exchange: Exchange) -> list[int]:
    """Hash what an exchange shares with its repetitions: the whole request; for HL7 also the control id, and the text.

    A message that was refused before it was read, for example by a fault, is known by its whole request.
    """
    client, request = exchange.client, exchange.request
    contents = [hash((client, exchange.method, exchange.path, exchange.query, request.digest))]
    if exchange.message_digest is not None:
        contents.append(hash((client, "text", exchange.message_digest)))
    control_id = exchange.hl7.get("control_id") if exchange.hl7 else None
    if control_id:
        contents.append(hash((client, "control id", control_id)))
    return contents
