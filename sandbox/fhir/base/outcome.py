"""OperationOutcome: the errors of a FHIR endpoint.

Source of the response codes: *Response code*, http://dev.patientsknowbest.com/home/fhir-api/codesystem ; statuses and
issue codes where PKB is silent follow the plain server of HAPI FHIR.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

from starlette.responses import Response

from sandbox.access.credentials import bearer
from sandbox.access.matrix import NotOffered
from sandbox.errors import (
    Conflict,
    Forbidden,
    Gone,
    Injected,
    Invalid,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    SandboxError,
    TooLarge,
    Unauthenticated,
    Unprocessable,
    Unsupported,
    WrongMediaType,
)
from sandbox.fhir.base import codes
from sandbox.fhir.base.endpoints import FhirEndpoint
from sandbox.fhir.base.formats import FORM, fhir_response
from sandbox.fhir.base.query_string import NotHandled
from sandbox.http.call import Call

RESPONSE_CODE = "http://fhir.patientsknowbest.com/codesystem/response-code"
RESPONSE_CODES = {
    "ACC_TOKEN_EXPIRED": ("Access token expired", "expired"),
    "ACCESS_FROZEN_OUTWARD": ("Access frozen outward", "suppressed"),
    "API_SESSION_EXPIRED": ("API session expired", "expired"),
    "API_SESSION_INVALID": ("API session invalid", "security"),
    "BAD_AUTHENTICATION": ("Bad authentication", "login"),
    "USER_TYPE_NOT_PERM": ("User type not permitted", "forbidden"),
}
"""PKB's response codes → display and issue code."""

STATUS: tuple[tuple[type[SandboxError], int, str], ...] = (
    (Unauthenticated, 401, "login"),
    (Forbidden, 403, "forbidden"),
    (Gone, 410, "deleted"),
    (NotFound, 404, "not-found"),
    (MethodNotAllowed, 405, "processing"),
    (NotAcceptable, 406, "not-supported"),
    (Conflict, 409, "conflict"),
    (TooLarge, 413, "too-long"),
    (WrongMediaType, 415, "not-supported"),
    (Unsupported, 501, "not-supported"),
    (Unprocessable, 422, "business-rule"),
    (Invalid, 400, "invalid"),
)
"""Class of error → status and issue code; an error's own `code` takes precedence over the latter."""


def operation_outcome(
    issue_code: str, diagnostics: str, response_code: str = "", expressions: Sequence[str] = ()
) -> dict[str, Any]:
    """Build an OperationOutcome with one error; with `details` if PKB has a response code for it."""
    issue: dict[str, Any] = {"severity": "error", "code": issue_code}
    if response_code:
        coding = {"system": RESPONSE_CODE, "code": response_code, "display": RESPONSE_CODES[response_code][0]}
        issue["details"] = {"coding": [coding]}
    if diagnostics:
        issue["diagnostics"] = diagnostics
    if expressions:
        issue["expression"] = list(expressions)
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def error_response(call: Call, error: SandboxError, endpoint: FhirEndpoint) -> Response:
    """Errors in the format of the FHIR endpoints."""
    status, issue_code = next(((s, c) for kind, s, c in STATUS if isinstance(error, kind)), (500, "exception"))
    diagnostics = error.text
    if isinstance(error, Injected):
        status, issue_code = error.status, codes.of_status(error.status)
    elif isinstance(error, NotOffered):
        status, issue_code = endpoint.not_offered, "processing" if endpoint.not_offered == 400 else "not-supported"
        diagnostics = not_handled(call) if endpoint.not_offered == 400 else error.text
    elif isinstance(error, NotHandled):
        diagnostics = not_handled(call)
    elif isinstance(error, MethodNotAllowed) and endpoint.not_offered == 405:
        issue_code = "not-supported"
    if error.code in RESPONSE_CODES:
        body = operation_outcome(RESPONSE_CODES[error.code][1], diagnostics, error.code)
    else:
        expressions = error.expressions if isinstance(error, Unprocessable) else ()
        code = codes.issue_code(endpoint.release, error.code or issue_code)
        body = operation_outcome(code, diagnostics, expressions=expressions)
    return fhir_response(call, body, status, _headers(call, error, endpoint))


def not_handled(call: Call) -> str:
    """Return the text of HAPI's plain server for a request that no method of it handles."""
    path = call.path.strip("/")
    query = call.request.url.query + ("&" + call.body.decode("utf-8", "replace") if call.media_type == FORM else "")
    names = ", ".join(dict.fromkeys(name for name, _ in parse_qsl(query, keep_blank_values=True)))
    return (
        "Invalid request: The FHIR endpoint on this server does not know how to handle "
        f"{call.request.method} operation[{path}] with parameters [[{names}]]"
    )


def _headers(call: Call, error: SandboxError, endpoint: FhirEndpoint) -> dict[str, str]:
    if isinstance(error, Unauthenticated):
        token = bearer(call.request.headers.get("authorization", ""))
        return {"WWW-Authenticate": 'Bearer realm="pkb"' + (', error="invalid_token"' if token else "")}
    if isinstance(error, MethodNotAllowed):
        return {"Allow": ", ".join(error.allowed)}
    return {"Allow": endpoint.offers} if isinstance(error, NotOffered) and endpoint.not_offered == 405 else {}
