"""Codes of the server that not every release has: each release gets a code that it has.

Sources: https://hl7.org/fhir/STU3/valueset-issue-type.html , https://hl7.org/fhir/STU3/valueset-http-verb.html ,
https://hl7.org/fhir/R4/valueset-issue-type.html , where newer codes are children of those that replace them.
"""

from __future__ import annotations

from collections.abc import Mapping

ISSUE_CODES: Mapping[str, Mapping[str, str]] = {
    "stu3": {"deleted": "not-found", "multiple-matches": "processing"},
}
"""Release → issue code of a newer release → its parent code in this release."""

OF_STATUS: Mapping[int, str] = {
    400: "invalid",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    406: "not-supported",
    408: "timeout",
    409: "conflict",
    410: "deleted",
    412: "conflict",
    413: "too-long",
    415: "not-supported",
    423: "lock-error",
    429: "throttled",
    501: "not-supported",
    502: "transient",
    503: "transient",
    504: "timeout",
}
"""Status → issue code, for a refusal that has only a status."""

METHODS: Mapping[str, Mapping[str, str]] = {"stu3": {"PATCH": "PUT", "HEAD": "GET"}}
"""Release → method that its Bundles do not have → the method that replaces it."""

WITHOUT_RESPONSE_IN_HISTORY = frozenset({"stu3"})
"""Releases whose histories have no `entry.response` (invariant bdl-4)."""


def issue_code(release: str, code: str) -> str:
    return ISSUE_CODES.get(release, {}).get(code, code)


def code_of_status(status: int) -> str:
    """Return the issue code of a refusal that has only a status."""
    return OF_STATUS.get(status, "exception" if status >= 500 else "processing")


def method_in_release(release: str, name: str) -> str:
    """Return the method of a history entry."""
    return METHODS.get(release, {}).get(name, name)
