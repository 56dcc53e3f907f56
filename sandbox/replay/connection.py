"""The only connections of a replay: to one server, directly, without proxies and without following redirects."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from sandbox.tls.trust import client_context

PATIENCE = 60.0
"""Seconds to wait for the server."""
LARGEST = 32 * 1024 * 1024
"""Bytes of a response that are read."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Unreachable(Exception):
    """The server cannot be asked; the text says why."""


class Unsendable(Exception):
    """A request that is not valid HTTP; the text says why."""


class ReplayedResponse(NamedTuple):
    """The response of the other server: headers by their names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def as_json(self) -> Any:
        """Return the JSON of the body; None if it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


class ReplayConnection:
    """Requests to one server, one after the other. Raises Unreachable for an address that is not http or https."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        try:
            parts = urlsplit(self.url)
            self._port = parts.port
            is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query
        except ValueError:
            is_address = False
        if not is_address or self._port == 0 or parts.username:
            raise Unreachable(f"{url} is not an http or https URL")
        self._host = str(parts.hostname)
        self._scheme = parts.scheme
        self._prefix = parts.path

    @property
    def is_loopback(self) -> bool:
        return self._host in LOOPBACK

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> ReplayedResponse:
        """Send one request on a connection of its own; a connection that is closed without an answer is status 0.

        Raises Unreachable; Unsendable for a method, target or header that HTTP does not allow.
        """
        connection = self._connect()
        try:
            length = {"Content-Length": str(len(body))} if body or method in ("POST", "PUT", "PATCH") else {}
            # By default http.client sends Accept-Encoding, which the recorded client may not have sent.
            connection.putrequest(method, self._prefix + target, skip_accept_encoding=True)
            for name, value in {**headers, **length}.items():
                connection.putheader(name, value.encode("latin-1", "replace"))
            connection.endheaders(body or None)
            response = connection.getresponse()
            pairs = {name.lower(): value for name, value in response.getheaders()}
            return ReplayedResponse(response.status, pairs, response.read(LARGEST))
        # A fault may have closed the recorded connection too: then the status of both is 0, and that is no difference.
        except (http.client.RemoteDisconnected, ConnectionResetError):
            return ReplayedResponse(0, {}, b"")
        except (http.client.InvalidURL, ValueError) as error:
            raise Unsendable(f"it is not a valid HTTP request: {error}") from error
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"no response from {self.url}: {error or type(error).__name__}") from error
        finally:
            connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        if self._scheme == "http":
            return http.client.HTTPConnection(self._host, self._port, timeout=PATIENCE)
        context: ssl.SSLContext = client_context()
        return http.client.HTTPSConnection(self._host, self._port, timeout=PATIENCE, context=context)
