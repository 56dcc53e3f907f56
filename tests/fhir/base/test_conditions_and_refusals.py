"""Conditions of requests, query strings, and the words of refusals in each dialect; without a server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.access.matrix import NotOffered
from sandbox.errors import (
    Conflict,
    Forbidden,
    Gone,
    Injected,
    Invalid,
    MethodNotAllowed,
    NotFound,
    SandboxError,
    Unauthenticated,
    Unprocessable,
)
from sandbox.fhir.base import codes, query_string
from sandbox.fhir.base.dialects import AIDBOX, HAPI, MESSAGING_HAPI, Dialect
from sandbox.fhir.base.endpoints import action_of
from sandbox.fhir.base.outcome import MOST_ENTRIES, RefusedTransaction, outcome_issue, refusal
from sandbox.fhir.base.preconditions import NONE, Preconditions, Tags, from_headers, tags
from sandbox.fhir.base.validation import InvalidResource, Issue
from sandbox.model import Resource

Json = dict[str, Any]
NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
CURRENT = Resource(endpoint="e", type="Patient", logical_id="1", version=2, created_at=NOW, updated_at=NOW,
                   method="PUT", text="{}")  # fmt: skip
OWN, OTHER, ANY = Tags(frozenset({"1", "2"})), Tags(frozenset({"1"})), Tags(anything=True)
BEFORE, AFTER = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)

UNMET: list[tuple[Json, str, str, str]] = [
    # The conditions; and what is unmet for a read and a write of the version, and for a write of nothing.
    ({}, "", "", ""),
    ({"match": OWN}, "", "", "If-Match"),
    ({"match": OTHER}, "If-Match", "If-Match", "If-Match"),
    ({"match": ANY}, "", "", "If-Match"),
    ({"match": OWN, "unmodified_since": BEFORE}, "", "", "If-Match"),
    ({"none_match": OWN}, "If-None-Match", "If-None-Match", ""),
    ({"none_match": OTHER}, "", "", ""),
    ({"none_match": ANY}, "If-None-Match", "If-None-Match", ""),
    ({"none_match": OTHER, "modified_since": AFTER}, "", "", ""),
    ({"unmodified_since": BEFORE}, "If-Unmodified-Since", "If-Unmodified-Since", ""),
    ({"unmodified_since": NOW}, "", "", ""),
    ({"modified_since": NOW}, "If-Modified-Since", "", ""),
    ({"modified_since": BEFORE}, "", "", ""),
    ({"match": OTHER, "none_match": OWN}, "If-Match", "If-Match", "If-Match"),
    ({"match": OWN, "none_match": OWN}, "If-None-Match", "If-None-Match", "If-Match"),
]


@pytest.mark.parametrize(("conditions", "read", "write", "creation"), UNMET)
def test_the_first_condition_that_is_not_met_counts(conditions: Json, read: str, write: str, creation: str):
    preconditions = Preconditions(**conditions)
    assert preconditions.unmet(CURRENT, reads=True) == read
    assert preconditions.unmet(CURRENT) == write
    assert preconditions.unmet(None) == creation


TAGS: list[tuple[str, set[str], bool]] = [
    ("", set(), False),
    ("*", set(), True),
    (" * ", set(), True),
    ('W/"1"', {"1"}, False),
    ('"1", W/"2" ,3', {"1", "2", "3"}, False),
    ('"1",,"2",', {"1", "2"}, False),
    ('""', {""}, False),
    ('"1" "2"', {'"1" "2"'}, False),
    ('"1", "', {"1", '"'}, False),
    ("1 2", {"1 2"}, False),
]


@pytest.mark.parametrize(("header", "versions", "anything"), TAGS)
def test_a_header_lists_tags(header: str, versions: set[str], anything: bool):
    parsed = tags(header)
    assert (set(parsed.versions), parsed.anything) == (versions, anything)
    assert bool(parsed) is bool(versions or anything)
    assert parsed.cover("1") is ("1" in versions or anything)


def test_dates_of_headers_are_read_and_others_are_ignored():
    date = "Tue, 10 Mar 2026 12:00:00 GMT"
    conditions = from_headers({"if-modified-since": date, "if-unmodified-since": "x", "if-match": "1"})
    assert conditions == Preconditions(match=tags("1"), modified_since=NOW)
    assert from_headers({"if-unmodified-since": date}).unmodified_since == NOW
    assert from_headers({"if-unmodified-since": "Tue, 10 Mar 2026 12:00:00 -0000"}).unmodified_since == NOW
    assert from_headers({"accept": "x"}) is NONE


FATAL, ERROR = "fatal", "error"
REFUSALS: list[tuple[SandboxError, Dialect, str, int, list[tuple[str, str]], str]] = [
    # An error, in a dialect and a release: its status, severities and codes, and the id of the outcome.
    (NotFound("x"), AIDBOX, "r4", 404, [(FATAL, "not-found")], "not-found"),
    (NotFound("x"), HAPI, "r4", 404, [(ERROR, "not-found")], ""),
    (Gone("x"), AIDBOX, "r4", 410, [(FATAL, "deleted")], "deleted"),
    (Gone("x"), AIDBOX, "stu3", 410, [(FATAL, "not-found")], "not-found"),
    (Forbidden("x"), AIDBOX, "r4", 403, [(ERROR, "forbidden")], ""),
    (Unauthenticated("x", code="BAD_AUTHENTICATION"), AIDBOX, "r4", 401, [(ERROR, "login")], ""),
    (Invalid("x", code="too-costly"), AIDBOX, "r4", 400, [(FATAL, "too-costly")], "invalid"),
    (Unprocessable("x"), HAPI, "stu3", 422, [(ERROR, "business-rule")], ""),
    (Conflict("x", code="multiple-matches"), AIDBOX, "stu3", 409, [(FATAL, "processing")], "conflict"),
    (NotOffered("x"), MESSAGING_HAPI, "stu3", 405, [(ERROR, "not-supported")], ""),
    (MethodNotAllowed("x", ("GET",)), HAPI, "stu3", 405, [(ERROR, "processing")], ""),
    (MethodNotAllowed("x", ("GET",)), MESSAGING_HAPI, "stu3", 405, [(ERROR, "not-supported")], ""),
    (SandboxError("x"), AIDBOX, "r4", 500, [(FATAL, "exception")], "exception"),
    (InvalidResource((Issue("a", "b"), Issue("c", "d"))), AIDBOX, "r4", 422, [(FATAL, "invalid")] * 2, ""),
]


@pytest.mark.parametrize(("error", "dialect", "release", "status", "issues", "id_"), REFUSALS)
def test_an_error_has_a_status_and_issues_in_the_words_of_a_dialect(
    error: SandboxError, dialect: Dialect, release: str, status: int, issues: list[tuple[str, str]], id_: str
):
    answered, outcome = refusal(error, dialect, release)
    assert answered == status
    assert [(issue["severity"], issue["code"]) for issue in outcome["issue"]] == issues
    assert outcome.get("id", "") == id_
    assert ("text" in outcome) is (issues[0][0] == FATAL)
    assert outcome["issue"][0]["diagnostics"] in ("x", "b")


def test_a_refused_transaction_lists_so_many_entries():
    errors = [NotFound(str(number), where=f"entry[{number}]") for number in range(MOST_ENTRIES + 1)]
    status, outcome = refusal(RefusedTransaction(errors), AIDBOX, "r4")
    assert status == 404
    assert [issue["expression"] for issue in outcome["issue"]] == [[f"entry[{n}]"] for n in range(MOST_ENTRIES)]
    assert RefusedTransaction(errors).where == "entry[0]"


def test_an_issue_has_what_is_known_of_it():
    assert outcome_issue("error", "login") == {"severity": "error", "code": "login"}
    assert outcome_issue("error", "login", "d", expressions=["", "e"])["expression"] == ["", "e"]
    assert "expression" not in outcome_issue("error", "login", expressions=[""])
    coded = outcome_issue("error", "login", response_code="BAD_AUTHENTICATION")
    assert coded["details"]["coding"][0]["display"] == "Bad authentication"


@pytest.mark.parametrize(
    ("status", "code"),
    [(499, "processing"), (500, "exception"), (599, "exception"), (501, "not-supported"), (400, "invalid")],
)  # fmt: skip
def test_an_injected_status_has_a_code(status: int, code: str):
    assert codes.code_of_status(status) == code
    assert refusal(Injected(status), AIDBOX, "r4")[0] == status


ACTIONS: list[tuple[str, str, str, str]] = [
    ("GET", "Patient", "", "read_demographics"),
    ("HEAD", "Patient", "", "read_demographics"),
    ("GET", "Condition", "", "read_clinical"),
    ("POST", "Patient", "", "send_data"),
    ("POST", "", "$process-message", "send_data"),
    ("POST", "Condition", "$x", "read_clinical"),
    ("POST", "Patient", "$x", "read_demographics"),
]


@pytest.mark.parametrize(("method", "type_", "operation", "action"), ACTIONS)
def test_a_request_is_an_action_of_the_access_matrix(method: str, type_: str, operation: str, action: str):
    assert action_of(method, type_, operation) == action


def test_a_query_has_so_many_pairs():
    most = query_string.MOST_PAIRS
    text = "&".join(f"a={number}" for number in range(most))
    assert len(query_string.read_query(text)) == most
    for wrong in (f"{text}&a=1", "a=%ff"):
        with pytest.raises(Invalid):
            query_string.read_query(wrong)
    assert query_string.first_pairs(f"{text}&b=1".encode()) == [("a", str(number)) for number in range(most)]
    assert query_string.first_pairs(b"a=&b=%ff") == [("a", ""), ("b", "\ufffd")]
    assert query_string.read_form(b"\xef\xbb\xbfa=") == [("a", "")]
    with pytest.raises(Invalid):
        query_string.read_form(b"a=\xff")
