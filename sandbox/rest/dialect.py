"""How the Custom REST API says no: a status, a code and a message, as JSON.

The codes of a bad token are PKB's own (*Response code*, http://dev.patientsknowbest.com/home/fhir-api/codesystem); the
shape of the body and the other codes are the sandbox's (fact `rest.error-body`).
"""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from sandbox.access.matrix import Refused
from sandbox.call import Call
from sandbox.errors import (
    Forbidden,
    MethodNotAllowed,
    NotFound,
    SandboxError,
    TooLarge,
    Unauthenticated,
    Unsupported,
)

STATUS: tuple[tuple[type[SandboxError], int, str], ...] = (
    (Unauthenticated, 401, "BAD_AUTHENTICATION"),
    (Forbidden, 403, "FORBIDDEN"),
    (NotFound, 404, "NOT_FOUND"),
    (MethodNotAllowed, 405, "METHOD_NOT_ALLOWED"),
    (TooLarge, 413, "TOO_LARGE"),
    (Unsupported, 501, "NOT_IMPLEMENTED"),
)
"""What went wrong → status and code; an error's own `code` wins over the latter."""


def dialect(call: Call, error: SandboxError) -> Response:
    """The one shape of an error of this API."""
    status, code = next(((s, c) for kind, s, c in STATUS if isinstance(error, kind)), (500, "INTERNAL_ERROR"))
    # choice: the matrix speaks in FHIR's response codes; this API has a code of its own for a client of another type.
    named = "WRONG_CLIENT_TYPE" if isinstance(error, Refused) else error.code or code
    return JSONResponse({"status": status, "code": named, "message": error.text}, status, _headers(error))


def _headers(error: SandboxError) -> dict[str, str]:
    if isinstance(error, Unauthenticated):
        return {"WWW-Authenticate": 'Bearer realm="pkb"'}
    return {"Allow": ", ".join(error.allowed)} if isinstance(error, MethodNotAllowed) else {}
