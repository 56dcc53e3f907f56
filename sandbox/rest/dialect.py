"""The errors of the Custom REST API: a status, a code and a message, as JSON. `errors.toml` contains the codes.

Source: *Response code*, http://dev.patientsknowbest.com/home/fhir-api/codesystem , for the codes of an invalid token.
"""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse, Response

from sandbox.access.matrix import Refused
from sandbox.base import datafiles
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

CODES: tuple[tuple[type[SandboxError], str], ...] = (
    # choice: the matrix refuses with FHIR's response codes; this API has its own code for a client of another type.
    (Refused, "WRONG_CLIENT_TYPE"),
    (Invalid, "BAD_REQUEST"),
    (Unauthenticated, "BAD_AUTHENTICATION"),
    (Forbidden, "FORBIDDEN"),
    (NotFound, "NOT_FOUND"),
    (MethodNotAllowed, "METHOD_NOT_ALLOWED"),
    (Conflict, "CONFLICT"),
    (TooLarge, "TOO_LARGE"),
    (WrongMediaType, "UNSUPPORTED_MEDIA_TYPE"),
    (SandboxError, "INTERNAL_ERROR"),
)
"""Class of error → its code; an error's own `code` takes precedence if the error table contains it."""


@cache
def table() -> dict[str, dict[str, Any]]:
    """The rows of the error table by code."""
    rows = datafiles.read_toml(datafiles.beside_code("rest/errors.toml"))["error"]
    return {row["name"]: row for row in rows}


@cache
def statuses() -> dict[str, int]:
    """Code → status."""
    return {code: row["status"] for code, row in table().items()}


def dialect(call: Call, error: SandboxError) -> Response:
    """The JSON shape of every error of this API."""
    code = next(code for kind, code in CODES if isinstance(error, kind))
    if error.code in statuses():
        code = error.code
    status = statuses()[code]
    # A fault rule can set a status that the table of this API does not have.
    if isinstance(error, Injected):
        status, code = error.status, _code_of(error.status)
    # The refusal of a frozen patient has no text of its own: then the text of the table is the message.
    message = error.text or table()[code]["text"]
    return JSONResponse({"status": status, "code": code, "message": message}, status, _headers(error))


def _code_of(status: int) -> str:
    """Return the first code of the table with a status, else the HTTP phrase: SERVICE_UNAVAILABLE."""
    own = next((code for code, its_status in statuses().items() if its_status == status), "")
    return own or (HTTPStatus(status).name if status in set(HTTPStatus) else "ERROR")


def _headers(error: SandboxError) -> dict[str, str]:
    if isinstance(error, Unauthenticated):
        return {"WWW-Authenticate": 'Bearer realm="pkb"'}
    return {"Allow": ", ".join(error.allowed)} if isinstance(error, MethodNotAllowed) else {}
