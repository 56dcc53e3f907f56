"""Calls to the control API of a running sandbox; a failed call is described in a sentence.

The modules for connections are imported with the first call: `serve` needs none of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from sandbox.cli.exit_codes import BAD_OPTION, FAILED

if TYPE_CHECKING:
    from http.client import HTTPResponse
    from urllib.request import OpenerDirector

PREFIX = "/_sandbox"
PATIENCE = 60
"""Seconds to wait for an answer."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class CallFailed(Exception):
    """A control call that got no answer, or a refusal; the text says which. The command exits with `exit_code`."""

    def __init__(self, text: str, exit_code: int = FAILED, status: int | None = None) -> None:
        super().__init__(text)
        self.exit_code = exit_code
        self.status = status


@dataclass(frozen=True, kw_only=True)
class ControlClient:
    """A running sandbox, and the world in it that calls are about."""

    url: str
    admin_token: str | None = None
    workspace: str | None = None

    def call(
        self,
        method: str,
        path: str,
        payload: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Any:
        """The JSON of an answer, an empty object for none. Raises CallFailed."""
        with self._open(method, path, payload, query or {}, {}, PATIENCE) as response:
            content = _read(response)
        try:
            return json.loads(content) if content else {}
        except ValueError as error:
            raise CallFailed(f"{self.url} is not a PKB Sandbox: {path} did not return JSON") from error

    def text(self, path: str, query: Mapping[str, str] | None = None) -> str:
        """An answer as plain text. Raises CallFailed."""
        with self._open("GET", path, None, query or {}, {"Accept": "text/plain"}, PATIENCE) as response:
            return _read(response).decode("utf-8", "replace")

    def send(self, method: str, path: str, headers: Mapping[str, str], content: bytes | None) -> tuple[int, str]:
        """Send a request to one of PKB's APIs; return status and body, whatever the status. Raises CallFailed."""
        import urllib.error
        import urllib.request
        from http.client import HTTPException

        request = urllib.request.Request(  # noqa: S310 - _opener checks the scheme
            f"{self.url.rstrip('/')}{path}", content, dict(headers), method=method
        )
        try:
            with _opener(self.url).open(request, timeout=PATIENCE) as response:
                return response.status, _read(response).decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode("utf-8", "replace")
        except (OSError, ValueError, HTTPException) as error:
            raise CallFailed(f"no response from {self.url}: {getattr(error, 'reason', error)}") from error

    @contextmanager
    def stream(self, path: str, headers: Mapping[str, str], silence: float) -> Iterator[HTTPResponse]:
        """Open an answer that is read while it arrives; `silence` limits each pause, in seconds. Raises CallFailed."""
        with self._open("GET", path, None, {}, headers, silence) as response:
            yield response

    def _open(
        self,
        method: str,
        path: str,
        payload: Mapping[str, Any] | None,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        seconds: float,
    ) -> HTTPResponse:
        import urllib.error
        import urllib.request
        from http.client import HTTPException

        opener = _opener(self.url)
        named = {**query, **({"workspace": self.workspace} if self.workspace else {})}
        address = f"{self.url.rstrip('/')}{PREFIX}{path}{'?' + urlencode(named) if named else ''}"
        try:
            request = urllib.request.Request(address, method=method, headers=self._headers(headers))  # noqa: S310 - checked
            if payload is not None:
                request.data = json.dumps(payload).encode()
                request.add_header("Content-Type", "application/json")
            response: HTTPResponse = opener.open(request, timeout=seconds)
        except urllib.error.HTTPError as error:
            with error:
                raise _refused(self.url, error.code, error.reason, error.read()) from error
        except (OSError, ValueError, HTTPException) as error:
            raise CallFailed(f"no response from {self.url}: {getattr(error, 'reason', error)}") from error
        return response

    def _headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        token = {"Authorization": f"Bearer {self.admin_token}"} if self.admin_token else {}
        return {**headers, **token}


def named(name: str) -> str:
    """Encode a name as part of a path."""
    return quote(name, safe="")


def _opener(url: str) -> OpenerDirector:
    """Return an opener for addresses below a URL: loopback without the environment's proxy, HTTPS with the system's
    authorities and the local one. Raises CallFailed for a URL that is neither http nor https.
    """
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets without an address, or a port that is not a number
        is_address = False
    if not is_address:
        raise CallFailed(f"{url} is not an http or https URL", BAD_OPTION)
    from urllib.request import BaseHandler, HTTPSHandler, ProxyHandler, build_opener

    from sandbox.tls.trust import client_context

    # A company's proxy cannot reach a server on this machine, and must not get its admin token.
    handlers: list[BaseHandler] = [ProxyHandler({})] if parts.hostname in LOOPBACK else []
    if parts.scheme == "https":
        handlers.append(HTTPSHandler(context=client_context()))
    return build_opener(*handlers)


def _read(response: HTTPResponse) -> bytes:
    from http.client import HTTPException

    try:
        return response.read()
    except (OSError, HTTPException) as error:
        raise CallFailed(f"the response was cut off: {error or type(error).__name__}") from error


def _refused(url: str, status: int, reason: str, body: bytes) -> CallFailed:
    """Return the text of a refusal's problem document; without one, say that the URL is not a sandbox."""
    try:
        detail = json.loads(body)["detail"]
    except (ValueError, KeyError, TypeError):
        return CallFailed(f"{url} answered {status} {reason}; it may not be a PKB Sandbox", status=status)
    return CallFailed(f"{status} {reason}: {detail}", BAD_OPTION if status == 400 else FAILED, status)
