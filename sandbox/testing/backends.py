"""Backends of a sandbox: real sockets in a thread, in process without sockets, or a server that runs elsewhere."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, Protocol

import httpx

from sandbox.settings import Settings

IN_PROCESS_URL = "http://127.0.0.1"
"""Base URL without a server behind it. Its host is this machine, from which control calls need no token."""


class Backend(Protocol):
    """One of the three ways to run a sandbox. `base_url` has no trailing slash."""

    mode: str
    base_url: str
    admin_token: str

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def transport(self) -> httpx.BaseTransport | None: ...

    def async_transport(self) -> httpx.AsyncBaseTransport | None: ...


class Threaded:
    """A server with real sockets, in a thread of this process."""

    mode = "thread"

    def __init__(self, settings: Settings) -> None:
        from sandbox.server import SandboxServer

        self._server = SandboxServer(settings)
        self.admin_token = self._server.settings.admin_token
        self.base_url = ""

    def start(self) -> None:
        self._server.start()
        self.base_url = self._server.base_url

    def stop(self) -> None:
        self._server.stop()

    def transport(self) -> httpx.BaseTransport | None:
        return httpx.HTTPTransport(verify=self._trust())

    def async_transport(self) -> httpx.AsyncBaseTransport | None:
        return httpx.AsyncHTTPTransport(verify=self._trust())

    def _trust(self) -> Any:
        """Return how certificates are verified: against the local authority if it issued the server's."""
        import ssl

        file = self._server.certificate_file
        return ssl.create_default_context(cafile=str(file)) if file else True


class InProcess:
    """The application itself, called without sockets. All requests run in one event loop, in a thread of its own."""

    mode = "asgi"

    def __init__(self, settings: Settings) -> None:
        from sandbox.app import create_app
        from sandbox.worlds.workspaces import Workspaces

        self.base_url = settings.base_url.rstrip("/") or IN_PROCESS_URL
        self.admin_token = settings.admin_token
        self._workspaces = Workspaces(settings)
        self._app = create_app(self._workspaces)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Nothing to start: the loop begins with the first client."""

    def stop(self) -> None:
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
            # The loop is closed only when its threads have ended, or they would call into a closed loop.
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()
            self._loop = None
        self._workspaces.close()

    def transport(self) -> httpx.BaseTransport | None:
        return self._in_loop()

    def async_transport(self) -> httpx.AsyncBaseTransport | None:
        return self._in_loop()

    def _in_loop(self) -> _LoopTransport:
        return _LoopTransport(_Asgi(self._app), self._running_loop())

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="pkb-sandbox")
            self._thread.start()
        return self._loop


class Remote:
    """A server that runs already."""

    mode = "remote"

    def __init__(self, url: str, admin_token: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"{url!r} is not an http or https URL")
        self.base_url = url.rstrip("/")
        self.admin_token = admin_token

    def start(self) -> None:
        """Nothing to start."""

    def stop(self) -> None:
        """Nothing to stop: the server goes on."""

    def transport(self) -> httpx.BaseTransport | None:
        return httpx.HTTPTransport(verify=_client_trust(self.base_url))

    def async_transport(self) -> httpx.AsyncBaseTransport | None:
        return httpx.AsyncHTTPTransport(verify=_client_trust(self.base_url))


def _client_trust(url: str) -> Any:
    from sandbox.tls.trust import client_context

    return client_context() if url.startswith("https://") else True


class _Asgi(httpx.ASGITransport):
    """httpx's own, on which a connection that the server drops is an error of the transport, as on a socket."""

    def __init__(self, app: Any) -> None:
        # A loopback address, so that control calls need no token.
        super().__init__(app=app, client=("127.0.0.1", 50000))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().handle_async_request(request)
        except ConnectionError as error:
            raise httpx.RemoteProtocolError(str(error), request=request) from error


class _LoopTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Lets clients of any thread or loop call the application in the one event loop that owns the record."""

    def __init__(self, asgi: httpx.AsyncBaseTransport, loop: asyncio.AbstractEventLoop) -> None:
        self._asgi = asgi
        self._loop = loop

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return asyncio.run_coroutine_threadsafe(self._answer(request, request.read()), self._loop).result()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._answer(request, await request.aread())
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(answer, self._loop))

    async def _answer(self, request: httpx.Request, content: bytes) -> httpx.Response:
        # A new request with its whole content: the stream of the original belongs to the loop of the caller.
        copy = httpx.Request(request.method, request.url, headers=request.headers, content=content)
        response = await self._asgi.handle_async_request(copy)
        return httpx.Response(response.status_code, headers=response.headers, content=await response.aread())
