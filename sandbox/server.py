"""The server: listeners, start and stop, the port that was chosen."""

from __future__ import annotations

import logging
import secrets
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp

from sandbox import facts
from sandbox.access import credentials
from sandbox.access.addresses import is_loopback, is_unspecified, normalised
from sandbox.app import create_app
from sandbox.errors import Invalid
from sandbox.http.hl7_port import Hl7Port, with_port
from sandbox.http.prefixes import HL7
from sandbox.settings import Settings
from sandbox.tls import authority, certificates
from sandbox.web_server.choices import event_loop, http_parser
from sandbox.web_server.deferred import Deferred
from sandbox.web_server.ready_file import ReadyFile
from sandbox.web_server.server import WebServer
from sandbox.web_server.sockets import PortTaken, open_listener
from sandbox.worlds.workspaces import Workspaces

log = logging.getLogger("sandbox.server")

PATIENCE = 30
"""Seconds in which a server in a thread must start, and stop."""

if TYPE_CHECKING:
    from sandbox.hl7.mllp_listener import MllpListener


class SandboxServer:
    """A sandbox with real sockets. As a context manager it serves from a thread of its own:

    `with SandboxServer(port=0) as server:` gives `base_url`, `credentials("system-client")`, `fhir_url("facade")`.
    Raises Invalid for a world or setting that cannot be used, PortTaken when the port is.

    `at_once` opens the ports before a world of a folder is loaded: requests are 503 until then, and `serve` raises the
    errors of the world.
    """

    def __init__(self, settings: Settings | None = None, *, at_once: bool = False, **options: Any) -> None:
        # Without settings a program starts it: any free port, so that several can run at once.
        chosen = replace(settings, **options) if settings else Settings(**{"port": 0, **options})
        # First: a file of an earlier run must not say that this server is ready.
        self._ready_file = ReadyFile(chosen.ready_file)
        chosen = replace(chosen, host=normalised(chosen.host), admin_token=_admin_token(chosen))
        is_token_explicit = bool(chosen.admin_token)
        # Other machines can reach it, so control calls need a token; those of this machine still do not.
        if not is_loopback(chosen.host) and not is_token_explicit:
            chosen = replace(chosen, admin_token=secrets.token_urlsafe(24))
        self.settings = chosen
        http_parser(chosen.http_parser), event_loop(chosen.event_loop)  # raises here what `serve` could not report
        self._is_token_explicit = is_token_explicit
        self._deferred: Deferred | None = None
        if at_once and Path(chosen.world).is_dir() and not chosen.data:
            # The APIs of a small world, in whose words requests are refused.
            self._load(replace(chosen, world=Settings().world, capability_statement=()))
            self.workspaces.is_loading = True
            self._deferred = Deferred(self.app, self._load_served_world)
        else:
            self._load(chosen)
        self._tls = certificates.server_context(chosen) if certificates.is_on(chosen) else None
        self._socket: socket.socket | None = None
        self._hl7_socket: socket.socket | None = None
        self._mllp: tuple[MllpListener, socket.socket] | None = None
        self._server: WebServer | None = None
        self._thread: threading.Thread | None = None

    def _load(self, settings: Settings) -> ASGIApp:
        workspaces = Workspaces(settings, token_needed=self._is_token_explicit)
        self.app = create_app(workspaces)
        self.workspaces = workspaces
        return self.app

    def _load_served_world(self) -> ASGIApp:
        hl7_port = self.workspaces.hl7_port
        log.info("Loading the world %s", self.settings.world)
        app = self._load(self.settings)
        self.workspaces.hl7_port = hl7_port
        return app

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
        # An address that listens everywhere is nowhere to connect to.
        host = "127.0.0.1" if is_unspecified(self.settings.host) else self.settings.host
        scheme = "http" if self._tls is None else "https"
        return f"{scheme}://[{host}]:{self.port}" if ":" in host else f"{scheme}://{host}:{self.port}"

    @property
    def hl7_url(self) -> str:
        """The URL of the HL7 API, on its own port if it has one."""
        port = self.workspaces.hl7_port
        return f"{with_port(self.base_url, port) if port else self.base_url}{HL7}"

    @property
    def certificate_file(self) -> Path | None:
        """The certificate that clients must trust: the local authority's, if the server uses it."""
        is_local = self.settings.tls and not self.settings.tls_cert
        return authority.folder(self.settings) / authority.CERTIFICATE if is_local else None

    def credentials(self, kind: str) -> dict[str, Any]:
        """The first credential of a kind, as the control API shows it. Raises KeyError."""
        rows = credentials.list_credentials(self.workspaces.default)
        row = next((entry for entry in rows if entry["kind"] == kind), None)
        if row is None:
            raise KeyError(kind)
        return row

    def fhir_url(self, endpoint: str) -> str:
        """The base URL of a FHIR endpoint: `facade`, `messaging`, `aggregated`, or the name of a Customer endpoint."""
        prefixes = {"facade": "/fhir", "messaging": "/phr-fhir", "aggregated": "/aggregated/fhir"}
        return self.base_url + prefixes.get(endpoint, f"/customer/{endpoint}/fhir")

    def bind(self) -> None:
        """Open the ports. Raises PortTaken; Invalid for a host that is not an address, or a bad MLLP credential."""
        self._socket = open_listener(self.settings.host, self.settings.port)
        try:
            self._bind_further()
        except (Invalid, PortTaken):
            self._close()
            raise

    def _bind_further(self) -> None:
        hl7_port = self._hl7_port()
        if hl7_port is not None:
            self._hl7_socket = open_listener(self.settings.host, hl7_port)
            self.workspaces.hl7_port = self._hl7_socket.getsockname()[1]
        if self.settings.mllp_port and self._deferred is None:
            self._bind_mllp()

    def _bind_mllp(self) -> None:
        from sandbox.hl7.lint import sender  # without MLLP, HL7 is loaded by its first request
        from sandbox.hl7.mllp_listener import MllpListener

        try:
            sender(self.workspaces.default, self.settings.mllp_credential or None)
        except Invalid as error:
            raise Invalid(f"--mllp-credential {self.settings.mllp_credential}: {error}") from error
        self._mllp = (MllpListener(self.workspaces), open_listener(self.settings.host, self.settings.mllp_port))

    def _hl7_port(self) -> int | None:
        """The port for the HL7 API alone: None for none, 0 for any free one."""
        if self.settings.hl7_port is not None:
            return self.settings.hl7_port or None
        if self._tls is None:
            return None
        return facts.value("tls.hl7-port") if self.settings.port else 0

    def _close(self) -> None:
        for listener in (self._socket, self._hl7_socket, self._mllp[1] if self._mllp else None):
            if listener is not None:
                listener.close()

    def serve(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Serve until SIGTERM or SIGINT, or until `stop` is called from another thread.

        Raises what is wrong with a world that is loaded only now.
        """
        if self._socket is None:
            self.bind()
        assert self._socket is not None  # noqa: S101
        app, sockets = self._deferred or self.app, [self._socket]
        if self._hl7_socket is not None and self.workspaces.hl7_port is not None:
            app, sockets = Hl7Port(app, self.workspaces.hl7_port), [self._socket, self._hl7_socket]
        ready = self._ready(on_ready)
        self._server = WebServer(app, self.settings, self._tls, ready, self._end, self._open_mllp, self._deferred)
        try:
            self._server.run(sockets=sockets)
        finally:
            self._close()
            self.workspaces.close()
        if self._server.failure is not None:
            raise self._server.failure

    def _open_mllp(self) -> tuple[MllpListener, socket.socket] | None:
        """Return the MLLP listener; with a deferred world, its credential is known only now."""
        if self.settings.mllp_port and self._mllp is None:
            self._bind_mllp()
        return self._mllp

    def _ready(self, on_ready: Callable[[], None]) -> Callable[[], None]:
        def ready() -> None:
            self._ready_file.write(self.base_url)
            on_ready()

        return ready

    def _end(self) -> None:
        """Prepare to close connections: end streams, and answer waiting calls."""
        self._ready_file.remove()
        for workspace in self.workspaces:
            workspace.end_waits()

    def start(self) -> SandboxServer:
        """Serve from a thread, and return once requests are answered."""
        self.bind()
        ready = threading.Event()
        self._thread = threading.Thread(target=self.serve, args=(ready.set,), daemon=True, name="pkb-sandbox")
        self._thread.start()
        if not ready.wait(PATIENCE):
            raise RuntimeError(f"the sandbox did not start within {PATIENCE} seconds; see its log")
        return self

    def stop(self) -> None:
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(PATIENCE)

    def __enter__(self) -> SandboxServer:
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
