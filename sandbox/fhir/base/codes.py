"""Codes that the server writes into its answers and that not every release has: each release gets one that it knows.

Sources: https://hl7.org/fhir/STU3/valueset-issue-type.html , https://hl7.org/fhir/STU3/valueset-http-verb.html ,
https://hl7.org/fhir/R4/valueset-issue-type.html , where the newer codes stand below those that take their place.
"""

from __future__ import annotations

from collections.abc import Mapping

ISSUE_CODES: Mapping[str, Mapping[str, str]] = {
    "stu3": {"deleted": "not-found", "multiple-matches": "processing"},
}
"""Release → issue code of a newer one → the code above it that the release has."""

METHODS: Mapping[str, Mapping[str, str]] = {"stu3": {"PATCH": "PUT", "HEAD": "GET"}}
"""Release → method that its Bundles cannot name → the one that stands for it."""

WITHOUT_RESPONSE_IN_HISTORY = frozenset({"stu3"})
"""Releases whose histories have no `entry.response` (invariant bdl-4)."""


def issue_code(release: str, code: str) -> str:
    return ISSUE_CODES.get(release, {}).get(code, code)


def method(release: str, name: str) -> str:
    """The method that an entry of a history names."""
    return METHODS.get(release, {}).get(name, name)
