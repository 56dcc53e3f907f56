"""The headers of a response, and patches exactly at their limit; without a server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.errors import SandboxError
from sandbox.fhir.base import given_statements
from sandbox.fhir.resources import reply
from sandbox.fhir.resources.patches import PatchLimits, check_no_parameters, patch_in
from sandbox.fhir.resources.repository import Repository
from sandbox.fhir.resources.request import InteractionResult
from sandbox.model import Endpoint, Resource
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces
from tests.fhir.facade.inprocess import InProcess

AT = datetime(2026, 3, 1, tzinfo=UTC)
VERSION = Resource(endpoint="e", type="Patient", logical_id="1", version=7, created_at=AT, updated_at=AT, method="PUT",
                   text='{"resourceType":"Patient","id":"1"}')  # fmt: skip
TAG, CHANGED = {"ETag": 'W/"7"'}, {"Last-Modified": "Sun, 01 Mar 2026 00:00:00 GMT"}
PLACE = "b/Patient/1/_history/7"

HEADERS: dict[str, tuple[InteractionResult, dict[str, str]]] = {
    "a creation": (
        InteractionResult(status=201, resource=VERSION),
        {**TAG, **CHANGED, "Content-Location": PLACE, "Location": PLACE},
    ),
    "an update": (InteractionResult(status=200, resource=VERSION), {**TAG, **CHANGED, "Content-Location": PLACE}),
    "a read": (InteractionResult(status=200, resource=VERSION, read=True), {**TAG, **CHANGED}),
    "a deletion": (InteractionResult(status=200, resource=VERSION, gone=True), {**TAG, **CHANGED}),
    "a deletion without content": (InteractionResult(status=204, resource=VERSION, gone=True), {**TAG, **CHANGED}),
    "an unchanged version": (InteractionResult(status=304, resource=VERSION), {**TAG, **CHANGED}),
    "nothing": (InteractionResult(status=204), {}),
    "a page": (InteractionResult(status=200, resource=VERSION, bundle="{}"), {}),
    "a page with a tag": (InteractionResult(status=200, bundle="{}", tag="9"), {"ETag": 'W/"9"'}),
}


@pytest.fixture(scope="module")
def repository() -> Repository:
    endpoint = Endpoint(name="e", release="r4")
    return Repository(name="e", release="r4", workspace=Workspaces(Settings()).default, base="b", mount="/b",
                      offered=given_statements.offered((), endpoint))  # fmt: skip


@pytest.mark.parametrize("name", HEADERS)
def test_a_response_says_which_version_it_is_about(repository: Repository, name: str):
    answer, headers = HEADERS[name]
    assert reply._headers(repository, answer) == headers


def copies(*sources: str) -> bytes:
    rows = ",".join(f'{{"op":"copy","from":"{source}","path":"/c{n}"}}' for n, source in enumerate(sources))
    return f"[{rows}]".encode()


def test_the_copies_of_a_patch_add_so_many_characters():
    content = {"a": "xy", "b": {"d": "xy"}}
    # A text of two characters counts six; an object four, its names and what is in it.
    for sources, size in ((["/a"], 6), (["/a", "/a"], 12), (["/b"], 4 + 1 + 6), (["/a", "/c0", "/b"], 23)):
        change = patch_in(copies(*sources), "", "", PatchLimits(9, size))
        assert len(change(content)) == 2 + len(sources)
        with pytest.raises(SandboxError, match="add at most"):
            patch_in(copies(*sources), "", "", PatchLimits(9, size - 1))(content)
    assert content == {"a": "xy", "b": {"d": "xy"}}


MERGE = b'{"a": null, "b": {"c": 1, "d": null}, "e": [null]}'


@pytest.mark.parametrize(
    ("body", "media_type", "method", "is_merge"),
    [
        (MERGE, "application/merge-patch+json", "", True),
        (MERGE, "application/json", "", True),
        (MERGE, "", "merge-patch", True),
        (MERGE, "application/json-patch+json", "merge-patch", True),
        (b'[{"op":"remove","path":"/a"}]', "application/json-patch+json", "", False),
        (b'[{"op":"remove","path":"/a"}]', "application/fhir+json", "", False),
        (b'[{"op":"remove","path":"/a"}]', "", "json-patch", False),
    ],
)
def test_the_kind_of_a_patch_is_that_of_its_method_its_media_type_or_its_form(
    body: bytes, media_type: str, method: str, is_merge: bool
):
    change = patch_in(body, media_type, method)
    assert change({"a": 1, "b": "x"}) == ({"b": {"c": 1}, "e": [None]} if is_merge else {"b": "x"})


@pytest.mark.parametrize(
    ("body", "media_type", "method"),
    [
        (b"[]", "application/xml-patch+xml", ""),
        (b"[]", "application/merge-patch+json", ""),
        (b"{}", "application/json-patch+json", ""),
        (b"[]", "application/json", "merge-patch"),
        (b'{"resourceType": "Parameters"}', "application/fhir+json", ""),
        (b'[{"op":"remove","path":"/x"}]', "", ""),
        (b'[{"op":"test","path":"/a","value":2}]', "", ""),
        (b'["x"]', "", ""),
    ],
)
def test_another_patch_is_refused(body: bytes, media_type: str, method: str):
    with pytest.raises(SandboxError):
        patch_in(body, media_type, method)({"a": 1})


def test_a_patch_may_be_of_any_other_resource():
    check_no_parameters({"resourceType": "Patient"})
    check_no_parameters([])


@pytest.mark.parametrize(("path", "method"), [("/Medication/_search", "POST"), ("/Practitioner/_search", "GET")])
def test_a_search_that_is_not_offered_is_refused_as_a_read(path: str, method: str):
    refused: Any = InProcess().ask(path, method=method)
    assert refused.status_code in (400, 404), refused.text
    assert refused.json()["issue"][0]["code"] == "processing"
