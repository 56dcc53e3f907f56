"""Every regular expression takes linear time, whatever it reads: decided from its structure (`ambiguity`)."""

from __future__ import annotations

import re

import pytest

from sandbox.domain.patients.national_ids import national_id_types
from sandbox.domain.patients.registration import PASSWORD
from tests.limits.ambiguity import ONCE, REPEATED, WHOLE, super_linear
from tests.limits.patterns import Unknown, Use, uses

EXCEPTIONS = {
    "sandbox.facts:": "reads the fact files of the package",
    "sandbox.fhir.search.columns:": "reads the search parameters of the package",
    "sandbox.fhir.search.paths:": "reads the search parameters of the package",
    "sandbox.synthetic.fhir.searched:": "reads the search parameters of the package",
    "sandbox.fhir.search.string:'(?P<letter>": "reads the names that Unicode gives to single characters",
    "sandbox.fhir.base.primitives:'[^\\\\s]+(?:": "used with fullmatch, by the function that it is passed to",
    "sandbox.http.hosts:": "used with match, in a table",
    "sandbox.replay.compare.values:'(?:(?<=/)|^)": "begins after a slash, which the name that follows does not contain",
    "sandbox.replay.dependencies:'\\\\b[A-Z]": "begins at a word, and each word is read once",
    "sandbox.web_server.h11_connection:": "a second Content-Length ends the search, so at most one scan fails",
}
"""Where a pattern stands, and its beginning → why it is linear although its structure does not show it."""

MADE_AT_RUN_TIME = {
    "sandbox.console.snippets.http_request": [r"\$\{(a|b|cd)\}"],
    "sandbox.domain.patients.national_ids": [row.pattern.pattern for row in national_id_types().values()],
    "sandbox.domain.patients.registration": PASSWORD,
    "sandbox.replay.bindings": [r"(?<![\w.-])(?:ab|cd)(?![\w-])"],
    "sandbox.replay.dry_run": [r"(?<![\w-])value(?![\w-])"],
    "sandbox.replay.redaction": [r"\d{4}-\d{2}-\d{2}", r"\d{4}-\d{2}-\d{2}T.*", r"\d{8}(\d{4,6})?.*"],
}
"""Module → patterns of the form that it makes when it runs."""

FOUND = [use for use in uses() if isinstance(use, Use)]


@pytest.mark.parametrize("use", FOUND, ids=lambda use: use.where)
def test_a_pattern_of_the_package_is_linear(use: Use):
    why = super_linear(use.pattern, use.flags, use.use, begins_anywhere=use.begins_anywhere)
    assert not why or any(use.where.startswith(prefix) for prefix in EXCEPTIONS), why


@pytest.mark.parametrize("prefix", EXCEPTIONS)
def test_an_exception_is_still_needed(prefix: str):
    its_uses = [use for use in FOUND if use.where.startswith(prefix)]
    assert any(super_linear(use.pattern, use.flags, use.use, begins_anywhere=use.begins_anywhere) for use in its_uses)


def test_patterns_made_at_run_time_are_listed_with_their_forms():
    modules = {use.where for use in uses() if isinstance(use, Unknown)}
    assert modules == MADE_AT_RUN_TIME.keys()


@pytest.mark.parametrize("module", MADE_AT_RUN_TIME)
def test_a_form_made_at_run_time_is_linear(module: str):
    for pattern in MADE_AT_RUN_TIME[module]:
        assert super_linear(pattern, 0, WHOLE, begins_anywhere=False) == ""


SLOW: dict[str, tuple[str | bytes, str, bool]] = {
    "three runs of blanks": (r"[0-9a-zA-Z+/\s]*=?\s*=?\s*", WHOLE, False),
    "blanks around an optional part": (r"\s*(?:a)?\s*(?:,|$)", ONCE, False),
    "a loop in a loop": (r"(?:a*)*b", WHOLE, False),
    "a loop of a loop of one": (r"(?:a+)+b", WHOLE, False),
    "two ways in a loop": (r"(?:ab|ac|[ad]b)*x", WHOLE, False),
    "two words that overlap": (r"(?:a|aa)*b", WHOLE, False),
    "a search that begins with a loop": (r"a*b", ONCE, True),
    "a search for a tag that never ends": (r"<a[^>]*>", ONCE, True),
    "a lazy loop before its like": (r".*?.*x", ONCE, False),
    "a loop before any text that does not take a line end": (r"\s*.*", WHOLE, False),
    "letters in either case": (r"(?i)[a-z]*[A-Z]*!", WHOLE, False),
    "a group that is repeated by its number": (r"(a*)\1!", WHOLE, False),
    "a lookahead that scans": (r"a(?=.*b)", REPEATED, True),
    "bytes": (rb"a*a*b", WHOLE, False),
    "blanks before the end of a line": (r"(?m)^a(.+?) *$", REPEATED, True),
}
LINEAR: dict[str, tuple[str, str, bool]] = {
    "one class after another": (r"\s*[a-z]+\s*=", WHOLE, False),
    "a search for one character": (r"[\x00-\x1f]", REPEATED, True),
    "a run of line ends": (r"[\r\n]+", REPEATED, True),
    "a search that is anchored": (r"^a*b", ONCE, True),
    "a loop before any text": (r"(?s)\s*.*", WHOLE, False),
    "an escaped string": (r'"(?:[^"\\]|\\.)*"', WHOLE, False),
    "a tag that another may not begin in": (r"<a[^<>]*>", ONCE, True),
    "bounded loops": (r"[a-z]{1,64}[a-z]{1,64}!", WHOLE, False),
    "a separator or the beginning": (r"(?:^|,)\s*a*(?=,|$)", REPEATED, True),
    "not this character": (r"a[^b]*b", WHOLE, False),
    "a class without its like": (r"\d*\D*\d!", WHOLE, False),
}


@pytest.mark.parametrize("name", SLOW)
def test_a_slow_pattern_is_noticed(name: str):
    pattern, use, begins_anywhere = SLOW[name]
    assert super_linear(pattern, 0, use, begins_anywhere=begins_anywhere)


@pytest.mark.parametrize("name", LINEAR)
def test_a_linear_pattern_is_accepted(name: str):
    pattern, use, begins_anywhere = LINEAR[name]
    assert super_linear(pattern, 0, use, begins_anywhere=begins_anywhere) == ""


def test_patterns_are_found_in_every_room():
    rooms = {use.where.split(".")[1] for use in FOUND}
    assert {"console", "control", "fhir", "hl7", "http", "replay", "rest", "worlds"} <= rooms
    assert len(FOUND) > 200
    assert all(isinstance(re.compile(use.pattern, use.flags), re.Pattern) for use in FOUND)
