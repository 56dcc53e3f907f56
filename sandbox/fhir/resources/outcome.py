"""Errors of a Customer endpoint: OperationOutcome in the words of the server product that PKB probably runs.

Refusals of access are worded as at every FHIR endpoint of PKB; others as in
https://docs.aidbox.app/profiling-and-validation/profiling
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from sandbox import facts
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
    Unsupported,
    WrongMediaType,
)
from sandbox.fhir.base import codes, outcome
from sandbox.fhir.base.endpoints import CUSTOMER
from sandbox.fhir.base.formats import fhir_response
from sandbox.fhir.base.negotiation import XML, wanted_anyway, written
from sandbox.fhir.base.validation import InvalidResource
from sandbox.fhir.base.xml import to_xml
from sandbox.fhir.resources import patches
from sandbox.fhir.resources.patches import UnsupportedPatch
from sandbox.http.call import Call

Json = dict[str, Any]

MOST_ENTRIES: int = facts.value("customer.every-bad-entry")
"""Maximum number of invalid entries in the refusal of a transaction."""

KINDS: tuple[tuple[type[SandboxError], int, str], ...] = (
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
    (Unsupported, 501, "not-supported"),
    (Invalid, 400, "invalid"),
)
"""Class of error → status, and the issue code unless the error has its own."""


class RefusedTransaction(SandboxError):
    """A transaction that changed nothing: the errors of each invalid entry; the first one decides the status."""

    def __init__(self, errors: Sequence[SandboxError]) -> None:
        first = errors[0]
        super().__init__(first.text, where=first.where, code=first.code, rule=first.rule, instead=first.instead)
        self.errors = tuple(errors)


def refused(error: SandboxError, release: str) -> tuple[int, Json]:
    """Return the status of an error, and its OperationOutcome in the codes of a release."""
    if isinstance(error, RefusedTransaction):
        status, first = refused(error.errors[0], release)
        issues = [issue for each in error.errors[:MOST_ENTRIES] for issue in refused(each, release)[1]["issue"]]
        return status, {**first, "issue": issues}
    if isinstance(error, (Unauthenticated, Forbidden)):
        status, code = (401, "login") if isinstance(error, Unauthenticated) else (403, "forbidden")
        return status, outcome.operation_outcome(error.code or code, error.text)
    status, code = next(((s, c) for kind, s, c in KINDS if isinstance(error, kind)), (500, "exception"))
    if isinstance(error, Injected):
        status, code = error.status, codes.of_status(error.status)
    if isinstance(error, InvalidResource):
        issues = [_issue(code, issue.diagnostics, issue.expression) for issue in error.issues]
        return status, _outcome("Invalid resource", issues)
    code = codes.issue_code(release, code)
    issue = _issue(codes.issue_code(release, error.code) or code, error.text, error.where)
    return status, {"id": code, **_outcome(error.text, [issue])}


def informational_outcome(severity: str, text: str) -> Json:
    """Build the outcome of a success."""
    issue = {"severity": severity, "code": "informational", "diagnostics": text}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def dialect(call: Call, error: SandboxError, release: str) -> Response:
    """Build the response to an error, in a release."""
    if isinstance(error, (Unauthenticated, Forbidden)):
        return outcome.error_response(call, error, CUSTOMER)
    status, body = refused(error, release)
    headers = {"Allow": ", ".join(error.allowed)} if isinstance(error, MethodNotAllowed) else {}
    if isinstance(error, UnsupportedPatch):
        headers["Accept-Patch"] = patches.ACCEPTED
    if wanted_anyway(call) == XML:
        return written(call, to_xml(release, body), XML, status, headers)
    return fhir_response(call, body, status, headers)


def _outcome(text: str, issues: list[Json]) -> Json:
    return {"resourceType": "OperationOutcome", "text": {"status": "generated", "div": text}, "issue": issues}


def _issue(code: str, diagnostics: str, expression: str) -> Json:
    issue: Json = {"severity": "fatal", "code": code}
    if expression:
        issue["expression"] = [expression]
    return {**issue, "diagnostics": diagnostics}
