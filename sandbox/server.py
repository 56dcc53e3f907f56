"""The server: listeners, start and stop, the port that was chosen."""

from __future__ import annotations

import logging
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvicorn

from sandbox.access import credentials
from sandbox.access.addresses import is_loopback, is_unspecified, normalised
from sandbox.app import create_app
from sandbox.errors import Invalid
from sandbox.hl7.lint import sender as hl7_sender
from sandbox.hl7.mllp_listener import MllpListener
from sandbox.ready_file import ReadyFile
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces

log = logging.getLogger("sandbox.server")


class PortTaken(OSError):
    """The address is in use, or not this machine's."""


class Sandbox:
    """A sandbox with real sockets. As a context manager it serves from a thread of its own:

    `with Sandbox(port=0) as pkb:` gives `pkb.base_url`, `pkb.credentials("system-client")`, `pkb.fhir_url("facade")`.
    Raises Invalid for a world or setting that cannot be used, PortTaken when the port is.
    """

    def __init__(self, settings: Settings | None = None, **options: Any) -> None:
        chosen = replace(settings, **options) if settings else Settings(**{"port": 0, **options})
        self._ready_file = ReadyFile(chosen.ready_file)
        chosen = replace(chosen, host=normalised(chosen.host), admin_token=_admin_token(chosen))
        is_token_explicit = bool(chosen.admin_token)
        if not is_loopback(chosen.host) and not is_token_explicit:
            chosen = replace(chosen, admin_token=secrets.token_urlsafe(24))
        self.settings = chosen
        self.workspaces = Workspaces(chosen, token_needed=is_token_explicit)
        self.app = create_app(self.workspaces)
        self._socket: socket.socket | None = None
        self._mllp_socket: socket.socket | None = None
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        assert self._socket is not None, "the sandbox has not been started"  # noqa: S101
        port: int = self._socket.getsockname()[1]
        return port

    @property
    def mllp_port(self) -> int:
        """The port of the MLLP listener; 0 when it is off."""
        return self.settings.mllp_port

    @property
    def base_url(self) -> str:
        host = "127.0.0.1" if is_unspecified(self.settings.host) else self.settings.host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def credentials(self, kind: str) -> dict[str, Any]:
        """The first credential of a kind, as the control API shows it. Raises KeyError."""
        rows = credentials.listed(self.workspaces.default)
        row = next((entry for entry in rows if entry["kind"] == kind), None)
        if row is None:
            raise KeyError(kind)
        return row

    def fhir_url(self, endpoint: str) -> str:
        """The base URL of a FHIR endpoint: `facade`, `messaging`, `aggregated`, or the name of a Customer endpoint."""
        prefixes = {"facade": "/fhir", "messaging": "/phr-fhir", "aggregated": "/aggregated/fhir"}
        return self.base_url + prefixes.get(endpoint, f"/customer/{endpoint}/fhir")

    def bind(self) -> None:
        """Takes the ports. Raises PortTaken; Invalid for a host that is no address, or a bad MLLP credential."""
        self._socket = self._listening(self.settings.port)
        if self.settings.mllp_port:
            try:
                hl7_sender(self.workspaces.default, self.settings.mllp_credential or None)
                self._mllp_socket = self._listening(self.settings.mllp_port)
            except (Invalid, PortTaken) as error:
                self._socket.close()
                if isinstance(error, PortTaken):
                    raise
                raise Invalid(f"--mllp-credential {self.settings.mllp_credential}: {error}") from error

    def _listening(self, port: int) -> socket.socket:
        family = socket.AF_INET6 if ":" in self.settings.host else socket.AF_INET
        # asyncio turns Nagle's algorithm off only where the protocol is named; with it on, every answer waits 40 ms.
        try:
            socket.getaddrinfo(self.settings.host, None, family)
            listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        except OSError as error:
            raise Invalid(f"--host {self.settings.host}: not an address of this machine ({error})") from error
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            # `::` takes IPv4 as well, whatever the machine's default is.
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(not is_unspecified(self.settings.host)))
        try:
            listener.bind((self.settings.host, port))
            listener.listen(2048)
        except OSError as error:
            listener.close()
            raise PortTaken(f"port {port} on {self.settings.host} cannot be taken: {error}") from error
        return listener

    def serve(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Serves until SIGTERM or SIGINT, or until `stop` is called from another thread."""
        if self._socket is None:
            self.bind()
        assert self._socket is not None  # noqa: S101
        mllp = (MllpListener(self.workspaces), self._mllp_socket) if self._mllp_socket else None
        self._server = _Server(self.app, self._ready(on_ready), self._end, mllp)
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._socket.close()
            if self._mllp_socket is not None:
                self._mllp_socket.close()

    def _ready(self, on_ready: Callable[[], None]) -> Callable[[], None]:
        def ready() -> None:
            self._ready_file.write(self.base_url)
            on_ready()

        return ready

    def _end(self) -> None:
        """What comes before the connections are closed: streams end, and calls that wait are answered."""
        self._ready_file.remove()
        for workspace in self.workspaces:
            workspace.end_waits()

    def start(self) -> Sandbox:
        """Serves from a thread and returns once requests are answered."""
        self.bind()
        ready = threading.Event()
        self._thread = threading.Thread(target=self.serve, args=(ready.set,), daemon=True, name="pkb-sandbox")
        self._thread.start()
        if not ready.wait(30):
            raise RuntimeError("the sandbox did not start within 30 seconds; see its log")
        return self

    def stop(self) -> None:
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(30)

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def _admin_token(settings: Settings) -> str:
    """The token of the setting, or of the file of the other one. Raises Invalid for both at once, and for no token."""
    file = settings.admin_token_file
    if not file:
        return settings.admin_token
    if settings.admin_token:
        raise Invalid(f"--admin-token-file {file}: --admin-token is also set; use only one")
    try:
        token = Path(file).read_text(encoding="utf-8-sig").strip()
    except (OSError, ValueError) as error:
        raise Invalid(f"--admin-token-file {file}: cannot be read ({error})") from error
    if not token:
        raise Invalid(f"--admin-token-file {file}: is empty")
    return token


class _Server(uvicorn.Server):
    """uvicorn, with a word when it is ready, and a signal taken as a request for a clean end."""

    def __init__(
        self,
        app: Any,
        on_ready: Callable[[], None],
        on_stop: Callable[[], None],
        mllp: tuple[MllpListener, socket.socket] | None,
    ) -> None:
        config = uvicorn.Config(
            app,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=5,
        )
        super().__init__(config)
        # Its lines hold whole addresses, and so what clients put into query strings: ours do not.
        logging.getLogger("uvicorn.access").setLevel(logging.CRITICAL)
        self._on_ready = on_ready
        self._on_stop = on_stop
        self._mllp = mllp

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self._mllp is not None:
            listener, listening = self._mllp
            await listener.start(listening)
        if not self.should_exit:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stop()
        if self._mllp is not None:
            await self._mllp[0].stop()
        await super().shutdown(sockets=sockets)

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
