"""The memory that unfinished bodies take, for all connections together: clients that send slowly must not fill it."""

from __future__ import annotations

from sandbox.errors import Injected

FREE = 20 * 1024
"""Bytes of each body that are not counted: most requests are never refused."""

RETRY_AFTER = "1"
"""Seconds after which a refused client may try again."""


class Busy(Injected):
    """A request for which there is no room now, and will be soon: 503."""

    def __init__(self, most: int) -> None:
        super().__init__(503, rule="frontend.pending-bodies")
        self.text = f"Unfinished requests hold more than {most} bytes"
        self.instead = "the same request a little later"


class PendingBodies:
    """The bytes of all bodies that are still being read, beyond the first 20 KiB of each; at most `most`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.size = 0

    def grow(self, before: int, after: int) -> None:
        """Count a body that has grown from one length to another. Raises Busy over the limit."""
        growth = max(after - FREE, 0) - max(before - FREE, 0)
        if growth and self.size + growth > self._most:
            raise Busy(self._most)
        self.size += growth

    def release(self, length: int) -> None:
        """Stop counting a body of a length, because it is complete or given up."""
        self.size -= max(length - FREE, 0)
