"""uvicorn, with a word when it is ready, and a signal taken as a request for a clean end."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, Protocol

import uvicorn

from sandbox.settings import Settings
from sandbox.web_server.choices import event_loop, http_parser
from sandbox.web_server.connection import ServerState
from sandbox.web_server.connection_limits import end_slow_heads, most_connections, quiet_accept_errors
from sandbox.web_server.deferred import Deferred
from sandbox.web_server.stoppable import Stoppable
from sandbox.web_server.unsent import UnsentAnswers

TICKS = 5
"""Ticks of uvicorn, each of a tenth of a second, between two looks at slow requests."""
PATIENCE = 2
"""Seconds that a stop waits for requests that go on; streams, waiting calls and half-sent requests are ended before."""

LAST = 0.5
"""Seconds for the requests that are then cut off to end."""


class Listener(Protocol):
    """A listener of another protocol, in the same event loop."""

    async def start(self, listening: socket.socket) -> None: ...

    async def stop(self) -> None: ...


class WebServer(uvicorn.Server):
    """A server of one application on sockets that are open already."""

    def __init__(
        self,
        app: Any,
        settings: Settings,
        tls: ssl.SSLContext | None,
        on_ready: Callable[[], None],
        on_stop: Callable[[], None],
        mllp: Callable[[], tuple[Listener, socket.socket] | None],
        deferred: Deferred | None = None,
    ) -> None:
        self._application = Stoppable(app)
        config = uvicorn.Config(
            self._application,
            http=http_parser(settings.http_parser),
            loop=event_loop(settings.event_loop),
            ws="none",
            # The application has no start or end of its own: worlds are made before it, and ended by `shutdown`.
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            # `http/forwarded.py` reads these headers, by its own rule of which peers to trust.
            proxy_headers=False,
            timeout_graceful_shutdown=PATIENCE,
            ssl_context_factory=None if tls is None else lambda *_: tls,
        )
        super().__init__(config)
        unsent = UnsentAnswers(settings.max_unsent_bytes, settings.send_timeout)
        self.server_state: ServerState = ServerState(most_connections(settings), unsent)
        self._header_timeout = settings.header_timeout
        # Its lines contain whole addresses, with anything that clients put into query strings; ours do not.
        logging.getLogger("uvicorn.access").setLevel(logging.CRITICAL)
        self._on_ready = on_ready
        self._on_stop = on_stop
        self._open_mllp = mllp
        self._mllp: tuple[Listener, socket.socket] | None = None
        self._deferred = deferred
        self._completing: asyncio.Task[None] | None = None
        self.failure: BaseException | None = None
        """Why the server stopped before it was ready."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(quiet_accept_errors(loop.get_exception_handler()))
        with self._handshakes_in_time(loop):
            await super().startup(sockets=sockets)
        if self._deferred is None:
            await self._open()
        else:
            self._completing = asyncio.create_task(self._complete(self._deferred))

    async def _complete(self, deferred: Deferred) -> None:
        """Wait for the application, and stop if it cannot be built."""
        try:
            await deferred.complete()
            await self._open()
        except Exception as error:
            self.failure = error
            self.should_exit = True

    async def _open(self) -> None:
        """Start the parts that need the application, and announce that it is ready."""
        self._mllp = self._open_mllp()
        if self._mllp is not None:
            listener, listening = self._mllp
            await listener.start(listening)
        if not self.should_exit:
            self._on_ready()

    @contextmanager
    def _handshakes_in_time(self, loop: Any) -> Iterator[None]:
        """Limit the handshakes of TLS of listeners that are opened inside, for which uvicorn has no option."""
        if not self.config.is_ssl:
            yield
            return
        loop.create_server = partial(loop.create_server, ssl_handshake_timeout=self._header_timeout)
        try:
            yield
        finally:
            # The attribute of the instance goes, and the method of the class is visible again.
            del loop.create_server

    async def on_tick(self, counter: int) -> bool:
        """Twice a second, refuse requests whose headers take too long, and end answers that nobody takes."""
        if counter % TICKS == 0:
            self.server_state.unsent.end_slow()
            end_slow_heads(self.server_state.connections, time.monotonic(), self._header_timeout)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stop()
        if self._completing is not None:
            self._completing.cancel()
        if self._mllp is not None:
            await self._mllp[0].stop()
        closing = asyncio.create_task(self._abort_half_closed()) if self.config.is_ssl else None
        with self._application.stopping():
            for connection in list(self.server_state.accepted):
                connection.end_half_sent()
            await super().shutdown(sockets=sockets)
            await self._end_of_the_cut_off()
        if closing is not None:
            closing.cancel()
        await self._abort_rest()

    async def _end_of_the_cut_off(self) -> None:
        """Wait until the requests that uvicorn has cut off have ended: it does not."""
        tasks = [task for task in self.server_state.tasks if not task.done()]
        if tasks:
            await asyncio.wait(tasks, timeout=LAST)

    async def _abort_half_closed(self) -> None:
        """Close TLS connections that clients keep open: asyncio would wait 30 seconds for them."""
        while True:
            await asyncio.sleep(0.5)
            for connection in list(self.server_state.connections):
                if connection.transport.is_closing():
                    connection.transport.abort()

    async def _abort_rest(self) -> None:
        """End what is still open, such as connections in their TLS handshake: uvicorn does not know of those."""
        # Only asyncio's own loop lists its transports, and only under a private name.
        transports = getattr(asyncio.get_running_loop(), "_transports", {}).values()
        for transport in [*transports, *self._shaking_hands()]:
            # asyncio still lists a transport that closed after its last byte, and that one has no loop to end it in.
            with suppress(AttributeError):
                transport.abort()
        await asyncio.sleep(0.01)  # a transport closes its socket in the next turn of the loop

    def _shaking_hands(self) -> list[asyncio.Transport]:
        """Return the transports under connections whose handshake has not ended.

        uvloop lists none. Until then only its object for TLS refers to the connection and to the transport.
        """
        waiting = [connection for connection in self.server_state.accepted if connection.transport is None]
        tls = gc.get_referrers(*waiting) if waiting else []
        return [part for part in gc.get_referents(*tls) if hasattr(part, "abort")]

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, without raising the signal again afterwards: a sandbox that was told to stop has not failed."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        signals = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in signals}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
