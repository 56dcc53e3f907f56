"""The body of a call: read whole from an accepted caller; from a refused one, only what arrives at once."""

from __future__ import annotations

import time

from sandbox import facts
from sandbox.errors import NotReady, SandboxError
from sandbox.http import request_body
from sandbox.http.call import Call
from sandbox.worlds.pending_bodies import RETRY_AFTER, Busy

SLOW = 1.0
"""Seconds of reading after which a caller is identified again: the credentials may have been revoked."""
LOADING: int = facts.value("frontend.loading")
"""Seconds after which a client may try again while the world is loading."""


class IncomingBody:
    """The body of one call. `was_slow` tells whether it took long to arrive."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._is_read = False
        self.was_slow = False

    async def read(self, refusal: SandboxError | None) -> None:
        """Read and decode the body. Raises what `request_body.read` raises."""
        call = self._call
        limit, pending = call.settings.max_body_bytes, call.workspaces.pending_bodies
        if refusal is not None:
            # A caller who is refused anyway must not make the server wait for a long body.
            body = await request_body.arrived(call.request, call.headers, limit, pending)
            call.set_decoded_body(body or b"")
            self._is_read = body is not None
            return
        started = time.perf_counter()
        timeout = call.settings.body_timeout
        call.set_decoded_body(await request_body.read_body(call.request, call.headers, limit, pending, timeout))
        self.was_slow = time.perf_counter() - started > SLOW
        self._is_read = True
        if len(call.body) > call.settings.max_body_parts and _is_read_as_values(call):
            request_body.check_parts(call.body, call.settings.max_body_parts)

    def headers_of_refusal(self, error: SandboxError) -> dict[str, str]:
        """Return further headers of a refusal. A connection with an unread body is closed."""
        headers = {} if self._is_read else {"Connection": "close"}
        if isinstance(error, request_body.UnsupportedCoding):
            headers["Accept-Encoding"] = request_body.ACCEPTED
        if isinstance(error, Busy | NotReady):
            headers["Retry-After"] = RETRY_AFTER if isinstance(error, Busy) else str(LOADING)
        return headers


def _is_read_as_values(call: Call) -> bool:
    """Return whether a body is parsed; a Binary of Customer FHIR may be any file, which is stored as it is."""
    return call.api != "customer" or not call.media_type or "json" in call.media_type or "xml" in call.media_type
