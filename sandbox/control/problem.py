"""The errors of the control API: problem details (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus

from starlette.responses import JSONResponse, Response

from sandbox.errors import (
    Conflict,
    Forbidden,
    Injected,
    Invalid,
    MethodNotAllowed,
    NotFound,
    SandboxError,
    TooLarge,
    Unauthenticated,
    WrongMediaType,
)
from sandbox.http.call import Call

# Subclasses stand before their base classes: the first match counts.
STATUS: tuple[tuple[type[SandboxError], int], ...] = (
    (Unauthenticated, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (MethodNotAllowed, 405),
    (Conflict, 409),
    (TooLarge, 413),
    (WrongMediaType, 415),
    (Invalid, 400),
)


def status_of(error: SandboxError) -> int:
    if isinstance(error, Injected):
        return error.status
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def dialect(call: Call, error: SandboxError) -> Response:
    status = status_of(error)
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": error.text}
    headers = {}
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="PKB Sandbox control"'
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = ", ".join(error.allowed)
    return JSONResponse(body, status, headers, media_type="application/problem+json")
