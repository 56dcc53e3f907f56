"""OperationOutcome: the errors of the FHIR endpoints, and the notices of successes.

Source of the response codes: *Response code*, http://dev.patientsknowbest.com/home/fhir-api/codesystem ; statuses and
issue codes where PKB is silent follow the server product of the endpoint's dialect.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from starlette.responses import Response

from sandbox import facts
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
    PreconditionFailed,
    SandboxError,
    TooLarge,
    Unauthenticated,
    Unprocessable,
    Unsupported,
    WrongMediaType,
)
from sandbox.fhir.base import codes
from sandbox.fhir.base.dialects import XML, Dialect
from sandbox.fhir.base.endpoints import FhirEndpoint
from sandbox.fhir.base.negotiation import PATCH_TYPES, UnsupportedPatch, error_format
from sandbox.fhir.base.query_string import FORM, NotHandled, first_pairs
from sandbox.fhir.base.responses import fhir_response, formatted_response
from sandbox.fhir.base.validation import InvalidResource, Issue
from sandbox.fhir.base.xml import to_xml
from sandbox.http.call import Call

Json = dict[str, Any]
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
    (MethodNotAllowed, 405, "not-supported"),
    (NotOffered, 405, "not-supported"),
    (NotAcceptable, 406, "not-supported"),
    (Conflict, 409, "conflict"),
    (PreconditionFailed, 412, "conflict"),
    (TooLarge, 413, "too-long"),
    (WrongMediaType, 415, "not-supported"),
    (InvalidResource, 422, "invalid"),
    (Unprocessable, 422, "business-rule"),
    (Unsupported, 501, "not-supported"),
    (Invalid, 400, "invalid"),
)
"""Class of error → status and issue code; subclasses stand before their parents."""

MOST_ENTRIES: int = facts.value("customer.every-bad-entry")
"""Maximum number of invalid entries in the refusal of a transaction."""


class RefusedTransaction(SandboxError):
    """A transaction that changed nothing: the errors of each invalid entry; the first one decides the status."""

    def __init__(self, errors: Sequence[SandboxError]) -> None:
        first = errors[0]
        super().__init__(first.text, where=first.where, code=first.code, rule=first.rule, instead=first.instead)
        self.errors = tuple(errors)


def operation_outcome(issues: Iterable[Json]) -> Json:
    """Build an OperationOutcome without a narrative."""
    return {"resourceType": "OperationOutcome", "issue": list(issues)}


def outcome_issue(
    severity: str, code: str, diagnostics: str = "", *, response_code: str = "", expressions: Sequence[str] = ()
) -> Json:
    """Build one issue; with `details` if PKB has a response code for it."""
    issue: Json = {"severity": severity, "code": code}
    if response_code:
        coding = {"system": RESPONSE_CODE, "code": response_code, "display": RESPONSE_CODES[response_code][0]}
        issue["details"] = {"coding": [coding]}
    if diagnostics:
        issue["diagnostics"] = diagnostics
    if any(expressions):
        issue["expression"] = list(expressions)
    return issue


def refusal(error: SandboxError, dialect: Dialect, release: str) -> tuple[int, Json]:
    """Return the status of an error, and its OperationOutcome in the words of a dialect and the codes of a release."""
    errors = error.errors[:MOST_ENTRIES] if isinstance(error, RefusedTransaction) else (error,)
    first = errors[0]
    outcome = operation_outcome(issue for each in errors for issue in _issues(each, dialect, release))
    status, code = _status(first, dialect)
    if isinstance(first, dialect.terse):
        return status, outcome
    if isinstance(first, InvalidResource):
        return status, _with_narrative(outcome, "Invalid resource")
    return status, {"id": codes.issue_code(release, code), **_with_narrative(outcome, first.text)}


def error_response(call: Call, error: SandboxError, endpoint: FhirEndpoint, release: str = "") -> Response:
    """Build the response to an error, in the codes of a release: by default the endpoint's."""
    dialect, release = endpoint.dialect, release or endpoint.release
    if isinstance(error, NotHandled) or (isinstance(error, NotOffered) and dialect.not_offered == 400):
        error = NotHandled(not_handled(call), code="processing")
    status, body = refusal(error, dialect, release)
    headers = _headers(call, error, endpoint)
    if not isinstance(error, dialect.terse) and error_format(call, dialect) == XML:
        return formatted_response(call, to_xml(release, body), XML, status, headers)
    return fhir_response(call, body, status, headers)


def not_handled(call: Call) -> str:
    """Return the text of HAPI's plain server for a request that no method of it handles."""
    path = call.path.strip("/")
    query = call.request.scope["query_string"]
    pairs = first_pairs(query) + (first_pairs(call.body) if call.media_type == FORM else [])
    names = ", ".join(dict.fromkeys(name for name, _ in pairs))
    return (
        "Invalid request: The FHIR endpoint on this server does not know how to handle "
        f"{call.request.method} operation[{path}] with parameters [[{names}]]"
    )


def _status(error: SandboxError, dialect: Dialect) -> tuple[int, str]:
    """Return the status and the issue code of a class of errors."""
    if isinstance(error, Injected):
        return error.status, codes.code_of_status(error.status)
    if isinstance(error, MethodNotAllowed) and dialect.not_offered == 400:
        return 405, "processing"
    return next(((status, code) for kind, status, code in STATUS if isinstance(error, kind)), (500, "exception"))


def _issues(error: SandboxError, dialect: Dialect, release: str) -> list[Json]:
    code = codes.issue_code(release, error.code or _status(error, dialect)[1])
    if error.code in RESPONSE_CODES:
        issue_code = RESPONSE_CODES[error.code][1]
        return [outcome_issue("error", issue_code, error.text, response_code=error.code)]
    if isinstance(error, dialect.terse):
        expressions = error.expressions if isinstance(error, Unprocessable) else ()
        return [outcome_issue("error", code, error.text, expressions=expressions)]
    places = error.issues if isinstance(error, InvalidResource) else (Issue(error.where, error.text),)
    return [outcome_issue("fatal", code, each.diagnostics, expressions=[each.expression]) for each in places]


def _with_narrative(outcome: Json, text: str) -> Json:
    return {"resourceType": outcome["resourceType"], "text": {"status": "generated", "div": text}, **outcome}


def _headers(call: Call, error: SandboxError, endpoint: FhirEndpoint) -> dict[str, str]:
    if isinstance(error, Unauthenticated):
        token = bearer(call.request.headers.get("authorization", ""))
        # RFC 6750 3.1: a request without a token gets no error code.
        return {"WWW-Authenticate": 'Bearer realm="pkb"' + (', error="invalid_token"' if token else "")}
    if isinstance(error, MethodNotAllowed):
        return {"Allow": ", ".join(error.allowed)}
    if isinstance(error, UnsupportedPatch):
        return {"Accept-Patch": PATCH_TYPES}
    is_named = isinstance(error, NotOffered) and isinstance(error, endpoint.dialect.terse)
    return {"Allow": endpoint.offers} if is_named else {}
