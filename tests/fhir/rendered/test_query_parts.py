"""The parts of a search at the Facade: values, pages, links and includes, without a server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.errors import Invalid, SandboxError
from sandbox.fhir.base.capability import Offered, SearchRule
from sandbox.fhir.base.query_string import NotHandled
from sandbox.fhir.rendered.query import bundle, controls, date, reference, token
from sandbox.fhir.rendered.query.include import included
from sandbox.fhir.rendered.query.parameters import LEAST_PER_PAGE, MOST_PER_PAGE, check_known, check_query, count_of
from sandbox.fhir.rendered.query.reference import ReferenceCriterion
from sandbox.fhir.rendered.query.token import TokenCriterion

Json = dict[str, Any]
SUBJECT = SearchRule(name="subject", type="reference", targets=("Patient", "Group"), modifiers=("[type]",))
PATIENT = SearchRule(name="patient", type="reference", targets=("Patient",))
CODE = SearchRule(name="code", type="token", systems=("s",), codes=("s|a", "b"))
IDENTIFIER = SearchRule(name="identifier", type="token")
DATE = SearchRule(name="date", type="date", prefixes=("eq", "lt", "le", "gt", "ge", "ne"), repeat=True)
NAME = SearchRule(name="name", type="string", optionality="required")


@pytest.mark.parametrize(
    ("rule", "modifier", "value", "expected"),
    [
        (SUBJECT, "", "1", ("Patient", "1")),
        (SUBJECT, "", "Group/1", ("Group", "1")),
        (SUBJECT, "Group", "1", ("Group", "1")),
        (SUBJECT, "Group", "Group/1", ("Group", "1")),
        (SUBJECT, "", "https://x.test/fhir/Patient/1", ("Patient", "1")),
        (SUBJECT, "Group", "Patient/1", None),
        (SUBJECT, "Device", "1", None),
        (SUBJECT, "missing", "true", None),
        (SUBJECT, "", "Device/1", None),
        (SUBJECT, "", "a_b", None),
        (PATIENT, "", "Patient/1", ("Patient", "1")),
        (PATIENT, "Patient", "1", None),
    ],
)
def test_a_reference_has_a_type_that_the_parameter_allows(
    rule: SearchRule, modifier: str, value: str, expected: tuple[str, str] | None
):
    if expected is None:
        with pytest.raises(Invalid):
            reference.parse(rule, modifier, value)
    else:
        assert reference.parse(rule, modifier, value) == ReferenceCriterion(*expected)


@pytest.mark.parametrize(
    ("rule", "modifier", "value", "code"),
    [
        (CODE, "", "s|a", "a"),
        (CODE, "", "s|b", "b"),
        (CODE, "not", "s|a", None),
        (CODE, "", "s|c", None),
        (CODE, "", "t|b", None),
        (CODE, "", "a", None),
        (CODE, "", "|a", None),
        (CODE, "", "s|", None),
        (IDENTIFIER, "", "x|y|z", "y|z"),
        (IDENTIFIER, "", "y", None),
    ],
)
def test_a_token_has_a_system_and_a_code_that_the_parameter_allows(
    rule: SearchRule, modifier: str, value: str, code: str | None
):
    if code is None:
        with pytest.raises(Invalid) as refused:
            token.parse(rule, modifier, value)
        assert (refused.value.code == "exception") is (rule is IDENTIFIER)
    else:
        assert token.parse(rule, modifier, value) == TokenCriterion(value.partition("|")[0], code)


START, END = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
TIMES = [START - MOMENT, START, END - MOMENT, END]


@pytest.mark.parametrize(
    ("prefix", "matches"),
    [("eq", [False, True, True, False]), ("lt", [True, False, False, False]), ("le", [True, True, True, False]),
     ("gt", [False, False, False, True]), ("ge", [False, True, True, True])],
)  # fmt: skip
def test_a_time_is_compared_with_the_whole_range_of_a_date(prefix: str, matches: list[bool]):
    criterion = date.parse(DATE, "", f"{prefix}2026-02")
    assert (criterion.start, criterion.end) == (START, END)
    assert [criterion.matches(at) for at in TIMES] == matches
    bare = date.parse(DATE, "", "2026-02")
    assert (bare.prefix, bare.start, bare.end) == ("eq", START, END)


PERIODS: list[tuple[datetime, datetime | None, str]] = [
    (START, END - MOMENT, "eq le ge"),
    (START, END, "gt ge"),
    (START - MOMENT, END - MOMENT, "lt le"),
    (START - MOMENT, END, "lt le gt ge"),
    (START, None, "gt ge"),
    (START - MOMENT, None, "lt le gt ge"),
    (START + MOMENT, START + MOMENT, "eq le ge"),
]


@pytest.mark.parametrize(("started", "ended", "prefixes"), PERIODS)
def test_a_period_is_compared_by_its_parts(started: datetime, ended: datetime | None, prefixes: str):
    holding = [
        prefix
        for prefix in ("eq", "lt", "le", "gt", "ge")
        if date.parse(DATE, "", f"{prefix}2026-02").matches_period(started, ended)
    ]
    assert sorted(holding) == sorted(prefixes.split())


def test_the_last_year_has_no_end():
    assert date.parse(DATE, "", "9999").end == datetime.max.replace(tzinfo=UTC)
    assert date.parse(DATE, "", "9998").end == datetime(9999, 1, 1, tzinfo=UTC)
    assert date.parse(DATE, "", "2026-02-01T00:00:00 00:00").start == START


@pytest.mark.parametrize(
    ("modifier", "value"), [("missing", "2026"), ("", "x"), ("", "2026-13"), ("", "ap2026"), ("", "ne2026"), ("", "")]
)
def test_another_date_is_refused(modifier: str, value: str):
    with pytest.raises(Invalid):
        date.parse(DATE, modifier, value)


OFFERED = Offered(type="Observation", interactions={}, search={r.name: r for r in (NAME, DATE, CODE)},
                  includes=("Observation:subject:Patient",))  # fmt: skip


def test_a_query_has_criteria_includes_and_a_count():
    pairs = [("name:exact", "A\\,b"), ("date", "gt2026"), ("date", "lt2027"), ("_count", "7"), ("_x", "y"),
             ("_include", "Observation:subject:Patient"), ("_include", "Observation:subject:Patient")]  # fmt: skip
    query = check_query([("name", "A\\,b"), *pairs[1:]], OFFERED)
    assert {name: len(criteria) for name, criteria in query.criteria.items()} == {"name": 1, "date": 2}
    assert (query.includes, query.count) == (("Observation:subject:Patient",) * 2, 7)
    assert check_query([("name", "a")], OFFERED).count is None


QUERIES: dict[str, tuple[list[tuple[str, str]], type[SandboxError]]] = {
    "a required parameter is missing": ([("date", "2026")], NotHandled),
    "an unknown parameter": ([("name", "a"), ("colour", "x")], NotHandled),
    "an unknown include": ([("name", "a"), ("_include", "Observation:performer")], NotHandled),
    "a repetition": ([("name", "a"), ("name", "b")], Invalid),
    "a list": ([("name", "a,b")], Invalid),
    "no value": ([("name", "")], Invalid),
    "a count": ([("name", "a"), ("_count", "0")], Invalid),
}


@pytest.mark.parametrize("name", QUERIES)
def test_another_query_is_refused(name: str):
    pairs, error = QUERIES[name]
    with pytest.raises(error) as refused:
        check_query(pairs, OFFERED)
    assert isinstance(refused.value, NotHandled) is (error is NotHandled)


@pytest.mark.parametrize(
    ("text", "count"),
    [(str(LEAST_PER_PAGE), LEAST_PER_PAGE), (str(MOST_PER_PAGE), MOST_PER_PAGE), (str(LEAST_PER_PAGE - 1), None),
     (str(MOST_PER_PAGE + 1), None), ("x", None), ("", None)],
)  # fmt: skip
def test_a_page_has_so_many_entries(text: str, count: int | None):
    assert count_of([]) is None
    if count is None:
        with pytest.raises(Invalid):
            count_of([("_count", text)])
    else:
        assert count_of([("_count", text), ("_count", "x")]) == count


@pytest.mark.parametrize(
    ("name", "is_obeyed", "is_ignored"),
    [("_count", True, False), ("_x", False, True), ("_id", False, False), ("_id:not", False, False),
     ("_has.x", False, False), ("_idx", False, True), ("count", False, False)],
)  # fmt: skip
def test_a_parameter_with_an_underscore_is_obeyed_refused_or_ignored(name: str, is_obeyed: bool, is_ignored: bool):
    assert (controls.is_obeyed(name), controls.is_ignored(name)) == (is_obeyed, is_ignored)
    assert controls.describe_ignored([(name, "a"), (name, "b")]) == (
        [f"Parameter {name} was ignored"] if is_ignored else []
    )
    if is_obeyed or is_ignored:
        check_known(name)
    else:
        for names in ((), ("a", "b")):
            with pytest.raises(NotHandled) as refused:
                check_known(name, names)
            assert refused.value.instead == ("one of: a, b" if names else "")


PAGES: list[tuple[bundle.SearchPage, dict[str, int]]] = [
    (bundle.SearchPage(total=5, count=2, token="t"), {"next": 2}),
    (bundle.SearchPage(total=5, start=2, count=2, token="t"), {"next": 4, "previous": 0}),
    (bundle.SearchPage(total=5, start=3, count=2, token="t"), {"previous": 1}),
    (bundle.SearchPage(total=4, start=2, count=2, token="t"), {"previous": 0}),
    (bundle.SearchPage(total=5, start=1, count=2, token="t"), {"next": 3, "previous": 0}),
    (bundle.SearchPage(total=5, start=9, count=2, token="t"), {"previous": 3}),
    (bundle.SearchPage(total=5, count=2), {}),
    (bundle.SearchPage(total=5, token="t"), {}),
]


@pytest.mark.parametrize(("page", "starts"), PAGES)
def test_a_page_links_to_those_before_and_after_it(page: bundle.SearchPage, starts: dict[str, int]):
    links = bundle._links("b", page, [("name", "x"), ("_summary", "text")])
    assert {link["relation"]: link["url"] for link in links} == {
        relation: f"b?_getpages=t&_getpagesoffset={start}&_count=2&_bundletype=searchset&_summary=text"
        for relation, start in starts.items()
    }
    assert page.end == (None if page.count is None else page.start + page.count)


def test_an_include_adds_each_target_once():
    page: list[Json] = [
        {"resourceType": "Observation", "subject": {"reference": "Patient/1"}},
        {"resourceType": "Observation", "subject": {"reference": "Patient/1"}, "performer": [
            {"reference": "Patient/2"}, {"reference": "Group/3"}, {"display": "x"}]},
        {"resourceType": "Task", "subject": {"reference": "Patient/4"}},
        {"resourceType": "Observation", "subject": {"reference": "Patient/hidden"}},
    ]  # fmt: skip
    reads: list[str] = []

    def read(type_: str, id_: str) -> Json | None:
        reads.append(f"{type_}/{id_}")
        return None if id_ == "hidden" else {"resourceType": type_, "id": id_}

    includes = ["Observation:subject:Patient", "Observation:performer:Patient", "Observation:subject:Patient"]
    assert [resource["id"] for resource in included(includes, page, read)] == ["1", "2"]
    assert reads == ["Patient/1", "Patient/hidden", "Patient/2", "Patient/hidden"]
    assert included([], page, read) == []
