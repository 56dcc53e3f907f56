"""Conditional requests by RFC 9110 section 13, as a table: what a header asks of a resource, and what comes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from sandbox.fhir.base.preconditions import Tags, tags
from tests.fhir.customer.support import Endpoint
from tests.support import Client

PATIENT = {"resourceType": "Patient", "id": "p", "gender": "female"}
EARLIER = format_datetime(datetime.now(UTC) - timedelta(days=400), usegmt=True)
LATER = format_datetime(datetime.now(UTC) + timedelta(days=400), usegmt=True)
NOW, OLD = 'W/"{now}"', 'W/"1"'

READS: dict[str, tuple[dict[str, str], int]] = {
    "no condition": ({}, 200),
    "13.1.2 the version": ({"If-None-Match": NOW}, 304),
    "13.1.2 a strong tag": ({"If-None-Match": '"{now}"'}, 304),
    "13.1.2 a bare tag": ({"If-None-Match": "{now}"}, 304),
    "13.1.2 another version": ({"If-None-Match": OLD}, 200),
    "13.1.2 a list with the version": ({"If-None-Match": f"{OLD}, {NOW}"}, 304),
    "13.1.2 a list without blanks": ({"If-None-Match": f"{OLD},{NOW},"}, 304),
    "13.1.2 a list without the version": ({"If-None-Match": f'{OLD}, "2"'}, 200),
    "13.1.2 anything": ({"If-None-Match": "*"}, 304),
    "13.1.2 no tag at all": ({"If-None-Match": '"'}, 200),
    "13.1.3 unchanged since": ({"If-Modified-Since": LATER}, 304),
    "13.1.3 unchanged since the same second": ({"If-Modified-Since": "{date}"}, 304),
    "13.1.3 changed since": ({"If-Modified-Since": EARLIER}, 200),
    "13.1.3 no date": ({"If-Modified-Since": "yesterday"}, 200),
    "13.1.3 beside If-None-Match it is ignored": ({"If-Modified-Since": LATER, "If-None-Match": OLD}, 200),
    "13.1.1 the version": ({"If-Match": NOW}, 200),
    "13.1.1 anything": ({"If-Match": "*"}, 200),
    "13.1.1 another version": ({"If-Match": OLD}, 412),
    "13.1.4 unmodified since": ({"If-Unmodified-Since": LATER}, 200),
    "13.1.4 modified since": ({"If-Unmodified-Since": EARLIER}, 412),
    "13.1.4 beside If-Match it is ignored": ({"If-Unmodified-Since": EARLIER, "If-Match": NOW}, 200),
    "13.2.2 If-Match comes first": ({"If-Match": OLD, "If-None-Match": NOW}, 412),
}
WRITES: dict[str, tuple[dict[str, str], str, int]] = {
    "13.1.1 the version": ({"If-Match": NOW}, "there", 200),
    "13.1.1 a list with the version": ({"If-Match": f"{OLD}, {NOW}"}, "there", 200),
    "13.1.1 anything that is there": ({"If-Match": "*"}, "there", 200),
    "13.1.1 anything, and nothing is": ({"If-Match": "*"}, "nowhere", 409),
    "13.1.1 a version, and nothing is": ({"If-Match": NOW}, "nowhere", 409),
    "13.1.1 another version": ({"If-Match": OLD}, "there", 409),
    "13.1.1 a list without the version": ({"If-Match": f'{OLD}, "2"'}, "there", 409),
    "13.1.1 no tag at all": ({"If-Match": '"'}, "there", 409),
    "13.1.2 anything that is there": ({"If-None-Match": "*"}, "there", 412),
    "13.1.2 anything, and nothing is": ({"If-None-Match": "*"}, "nowhere", 201),
    "13.1.2 the version": ({"If-None-Match": NOW}, "there", 412),
    "13.1.2 another version": ({"If-None-Match": OLD}, "there", 200),
    "13.1.3 is for reads": ({"If-Modified-Since": LATER}, "there", 200),
    "13.1.4 unmodified since": ({"If-Unmodified-Since": LATER}, "there", 200),
    "13.1.4 modified since": ({"If-Unmodified-Since": EARLIER}, "there", 412),
    "13.1.4 no date": ({"If-Unmodified-Since": "yesterday"}, "there", 200),
}
"""An update's status; what is a conflict to it is a failed precondition to a delete."""


@pytest.fixture(params=["stu3", "r4"])
def feed(pkb: Client, request: pytest.FixtureRequest) -> Endpoint:
    return Endpoint(pkb, f"northmoor-{request.param}")


def ask(feed: Endpoint, method: str, path: str, conditions: dict[str, str], **options: object) -> httpx.Response:
    current = {}
    if any("{" in value for value in conditions.values()):
        response = feed.ask("GET", "/Patient/p")
        current = {"now": response.json()["meta"]["versionId"], "date": response.headers["last-modified"]}
    headers = {name.replace("-", "_"): value.format(**current) for name, value in conditions.items()}
    return feed.ask(method, path, options.get("body"), **headers)


def test_a_read_under_a_condition(feed: Endpoint):
    version = feed.put(PATIENT)["meta"]["versionId"]
    for rule, (conditions, status) in READS.items():
        for address in ("/Patient/p", f"/Patient/p/_history/{version}"):
            response = ask(feed, "GET", address, conditions)
            assert response.status_code == status, rule
            assert (response.content == b"") == (status == 304), rule
            if status != 412:
                assert response.headers["etag"] == f'W/"{version}"', rule
                assert response.headers["last-modified"], rule


@pytest.mark.parametrize("rule", WRITES)
def test_an_update_under_a_condition(feed: Endpoint, rule: str):
    conditions, where, status = WRITES[rule]
    feed.put(PATIENT)
    id_ = "p" if where == "there" else "q"
    changed = {**PATIENT, "id": id_, "gender": "male"}
    assert ask(feed, "PUT", f"/Patient/{id_}", conditions, body=changed).status_code == status
    assert feed.get("/Patient/p")["gender"] == ("male" if status == 200 else "female")


@pytest.mark.parametrize("rule", [rule for rule, (_, where, _) in WRITES.items() if where == "there"])
def test_a_patch_and_a_delete_under_a_condition(feed: Endpoint, rule: str):
    conditions, _, status = WRITES[rule]
    feed.put(PATIENT)
    changed = ask(feed, "PATCH", "/Patient/p", conditions, body={"active": status == 200})
    assert changed.status_code == status
    feed.put(PATIENT)
    gone = ask(feed, "DELETE", "/Patient/p", conditions)
    assert gone.status_code == (412 if status == 409 else status)


IN_ENTRIES = {"If-Match": "ifMatch", "If-None-Match": "ifNoneMatch"}


@pytest.mark.parametrize(
    "rule", [rule for rule, (conditions, _, _) in WRITES.items() if set(conditions) <= set(IN_ENTRIES)]
)
def test_an_entry_is_stored_only_where_its_condition_is_met(feed: Endpoint, rule: str):
    conditions, where, status = WRITES[rule]
    version = feed.put(PATIENT)["meta"]["versionId"]
    id_ = "p" if where == "there" else "q"
    request = {IN_ENTRIES[name]: value.format(now=version) for name, value in conditions.items()}
    entry = {
        "resource": {**PATIENT, "id": id_, "gender": "male"},
        "request": {"method": "PUT", "url": f"Patient/{id_}", **request},
    }
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": [entry]}
    assert feed.ask("POST", "", bundle).json()["entry"][0]["response"]["status"] == str(status)


def test_a_conditional_update_that_finds_nothing_meets_no_version(feed: Endpoint):
    response = feed.ask("PUT", "/Patient?family=Nobody", {"resourceType": "Patient"}, If_Match="*")
    assert response.status_code == 409


def test_an_entry_may_ask_for_what_was_modified(feed: Endpoint):
    feed.put(PATIENT)
    for since, status in (("2000-01-01T00:00:00Z", "200"), ("2999-01-01T00:00:00Z", "304"), ("soon", "200")):
        request = {"method": "GET", "url": "Patient/p", "ifModifiedSince": since}
        bundle = {"resourceType": "Bundle", "type": "batch", "entry": [{"request": request}]}
        assert feed.ask("POST", "", bundle).json()["entry"][0]["response"]["status"] == status


def test_a_search_is_304_when_a_list_has_its_tag(feed: Endpoint):
    feed.put(PATIENT)
    tag = feed.ask("GET", "/Patient").headers["etag"]
    assert feed.ask("GET", "/Patient", If_None_Match=f'"x", {tag}').status_code == 304
    assert feed.ask("GET", "/Patient", If_None_Match='"x", "y"').status_code == 200


HEADERS = {
    "": Tags(),
    "*": Tags(anything=True),
    " * ": Tags(anything=True),
    'W/"3"': Tags(frozenset({"3"})),
    '"3"': Tags(frozenset({"3"})),
    "3": Tags(frozenset({"3"})),
    'W/"3", "4" ,5': Tags(frozenset({"3", "4", "5"})),
    '"a,b"': Tags(frozenset({"a,b"})),
    ",,": Tags(),
    '"*"': Tags(frozenset({"*"})),
}


@pytest.mark.parametrize("header", HEADERS)
def test_the_tags_of_a_header_are_separated(header: str):
    assert tags(header) == HEADERS[header]


@pytest.mark.parametrize("header", ['"', 'W/"3', "a b", '"3'])
def test_an_unreadable_condition_matches_no_version(header: str):
    assert tags(header)
    assert not tags(header).cover("3")
