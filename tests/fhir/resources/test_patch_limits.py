"""How much a JSON Patch may do and copy, which kinds of patch there are, and what a merge patch makes of values."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.errors import Invalid, TooLarge
from sandbox.fhir.base.json import size_of
from sandbox.fhir.base.negotiation import JSON_PATCH, MERGE_PATCH, UnsupportedPatch
from sandbox.fhir.resources.patches import PatchLimits, merged, patch_in

Json = dict[str, Any]
SIZES: list[tuple[Any, int]] = [
    ("abc", 3 + 4),
    (1, 4),
    (None, 4),
    ([], 4),
    ({}, 4),
    (["a", "bc"], 4 + 5 + 6),
    ({"name": "abc"}, 4 + 4 + 7),
    ({"a": {"bc": [1]}}, 4 + 1 + 4 + 2 + 4 + 4),
]


@pytest.mark.parametrize(("tree", "size"), SIZES, ids=str)
def test_a_tree_has_about_so_many_characters(tree: Any, size: int):
    assert size_of(tree, 1000) == size
    assert size_of(tree, size) == size
    assert size_of(tree, size - 1) > size - 1


def copies(number: int) -> bytes:
    row = [{"op": "copy", "from": "/name", "path": f"/copy{index}"} for index in range(number)]
    return json.dumps(row).encode()


@pytest.mark.parametrize(("number", "most", "is_allowed"), [(1, 7, True), (1, 6, False), (2, 14, True), (2, 13, False)])
def test_the_copies_of_a_patch_add_at_most_so_much(number: int, most: int, is_allowed: bool):
    content = {"name": "abc"}
    apply = patch_in(copies(number), JSON_PATCH, "", PatchLimits(9, most))
    if is_allowed:
        assert apply(content) == {"name": "abc", **{f"copy{index}": "abc" for index in range(number)}}
    else:
        with pytest.raises(TooLarge, match=f"at most {most} characters"):
            apply(content)
    assert content == {"name": "abc"}, "what is patched is left alone"


@pytest.mark.parametrize(("number", "is_allowed"), [(0, True), (2, True), (3, False)])
def test_a_patch_has_at_most_so_many_operations(number: int, is_allowed: bool):
    if is_allowed:
        assert len(patch_in(copies(number), JSON_PATCH, "", PatchLimits(2, 99))({"name": "a"})) == 1 + number
    else:
        with pytest.raises(TooLarge, match="at most 2 operations"):
            patch_in(copies(number), JSON_PATCH, "", PatchLimits(2, 99))


KINDS: list[tuple[Any, str, str, str]] = [
    ([], JSON_PATCH, "", "list"),
    ({}, MERGE_PATCH, "", "object"),
    ([], "application/json", "", "list"),
    ({}, "application/fhir+json", "", "object"),
    ([], "", "", "list"),
    ({}, "text/plain", "merge-patch", "object"),
    ([], MERGE_PATCH, "json-patch", "list"),
    ([], JSON_PATCH, "unknown", "list"),
    ({}, JSON_PATCH, "", "refused"),
    ([], MERGE_PATCH, "", "refused"),
    ("x", "application/json", "", "refused"),
    ({"resourceType": "Parameters"}, "application/json", "", "unsupported"),
    ({"resourceType": "Parameters"}, MERGE_PATCH, "", "object"),
    ({"resourceType": "Patient"}, "application/json", "", "object"),
    ([], "text/plain", "", "unsupported"),
    ("<x/>", "application/xml-patch+xml", "", "unsupported"),
]


@pytest.mark.parametrize(("document", "media_type", "method", "kind"), KINDS)
def test_a_patch_is_of_the_kind_of_its_method_or_media_type_or_content(
    document: Any, media_type: str, method: str, kind: str
):
    body = json.dumps(document).encode()
    errors: dict[str, type[Exception]] = {"refused": Invalid, "unsupported": UnsupportedPatch}
    if kind in errors:
        with pytest.raises(errors[kind]):
            patch_in(body, media_type, method)
    else:
        assert patch_in(body, media_type, method)({"a": 1}) == {"a": 1, **(document if kind == "object" else {})}


MERGES: list[tuple[Any, Any, Any]] = [
    ({"a": 1}, {"a": None}, {}),
    ({"a": 1}, {"b": None}, {"a": 1}),
    ({"a": {"b": 1, "c": 2}}, {"a": {"b": None, "d": 3}}, {"a": {"c": 2, "d": 3}}),
    ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
    ({"a": 1}, {"a": {"b": 2, "c": None}}, {"a": {"b": 2}}),
    ([1], {"a": 1}, {"a": 1}),
    ({"a": 1}, "x", "x"),
]


@pytest.mark.parametrize(("content", "patch", "result"), MERGES)
def test_null_removes_objects_merge_and_anything_else_replaces(content: Any, patch: Any, result: Any):
    assert merged(content, patch) == result
