"""Error responses of RFC 6749 section 5.2, in the wording of each issuer."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from sandbox.errors import (
    Forbidden,
    Injected,
    Invalid,
    MethodNotAllowed,
    NotFound,
    SandboxError,
    TooLarge,
    Unauthenticated,
    Unsupported,
    WrongMediaType,
)
from sandbox.http.call import Call

# RFC 6749 5.1: no cache may store a response with a token; the example of 5.2 has the same headers for an error.
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}

UNAVAILABLE = (429, 503)
"""Statuses that ask the client to try again later."""

STATUS: tuple[tuple[type[SandboxError], int, str], ...] = (
    (Unauthenticated, 401, "invalid_client"),
    (Forbidden, 403, "access_denied"),
    (NotFound, 404, "not_found"),
    (MethodNotAllowed, 405, "invalid_request"),
    (TooLarge, 413, "invalid_request"),
    (WrongMediaType, 415, "invalid_request"),
    (Unsupported, 501, "temporarily_unavailable"),
    (Invalid, 400, "invalid_request"),
)


class TokenError(SandboxError):
    """A refused token request: the status, and RFC 6749's `error` in `code`."""

    def __init__(
        self, status: int, error: str, description: str, *, rule: str, challenge: str = "", instead: str = ""
    ) -> None:
        super().__init__(description, code=error, rule=rule, instead=instead)
        self.status = status
        self.challenge = challenge


def refused_grant(error: str, text: str, instead: str) -> TokenError:
    """Return the refusal of a grant of a session; `instead` is what to send."""
    return TokenError(400, error, text, rule="oauth.token-errors", instead=instead)


def dialect(call: Call, error: SandboxError) -> Response:
    headers = dict(NO_STORE)
    if isinstance(error, TokenError):
        if error.challenge:
            headers["WWW-Authenticate"] = error.challenge
        return _error_response(error.status, error.code, error.text, headers)
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = ", ".join(error.allowed)
    if isinstance(error, Injected):
        return _error_response(error.status, _code_of(error.status), error.text, headers)
    status, code = next(((s, c) for kind, s, c in STATUS if isinstance(error, kind)), (500, "server_error"))
    return _error_response(status, code, error.text, headers)


def _code_of(status: int) -> str:
    """Return RFC 6749's error code for a refusal that has only a status."""
    if status in UNAVAILABLE:
        return "temporarily_unavailable"
    return "server_error" if status >= 500 else "access_denied" if status == 403 else "invalid_request"


def _error_response(status: int, error: str, description: str, headers: dict[str, str]) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status, headers)
