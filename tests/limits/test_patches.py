"""A JSON Patch is bounded by its operations and by what its copies add: `copy` could double a resource each time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox import facts
from sandbox.errors import TooLarge
from sandbox.fhir.base.negotiation import JSON_PATCH
from sandbox.fhir.resources.patches import patch_in
from tests.fhir.customer.support import Endpoint, assert_refused
from tests.support import Client

Json = dict[str, Any]
OPERATIONS, COPIED = facts.value("customer.patch-limit")
NESTED: Json = {"url": "urn:x", "extension": [{"url": "urn:y", "valueString": "v"}]}
DOUBLING: Json = {"op": "copy", "from": "/extension", "path": "/extension/0/extension/-"}
TEXT: Json = {"op": "copy", "from": "/a", "path": "/b/-"}


def apply(operations: list[Json], content: Json) -> Json:
    changed: Json = patch_in(json.dumps(operations).encode(), JSON_PATCH, "")(content)
    return changed


def test_copies_that_double_a_resource_are_too_large(pkb: Client):
    endpoint = Endpoint(pkb)
    before = endpoint.put({"resourceType": "Patient", "id": "doubled", "extension": [NESTED]})
    response = endpoint.ask("PATCH", "/Patient/doubled", [DOUBLING] * 60, Content_Type=JSON_PATCH)
    assert_refused(response, 413, "too-long", f"The copies of a JSON Patch add at most {COPIED:,} characters")
    assert endpoint.get("/Patient/doubled") == before


def test_the_limit_of_copies_counts_the_characters_of_all_of_them():
    content = {"a": "x" * (COPIED // 2 - 10), "b": []}
    assert len(apply([TEXT] * 2, content)["b"]) == 2
    with pytest.raises(TooLarge):
        apply([TEXT] * 3, content)


def test_copies_of_objects_count_their_keys_and_members():
    content = {"a": {"k" * 1000: [1, "x" * 1000]}, "b": []}
    fitting = COPIED // 2100
    assert len(apply([TEXT] * min(fitting, OPERATIONS), content)["b"]) == fitting
    with pytest.raises(TooLarge):
        apply([TEXT] * (fitting + 100), content)


def test_a_patch_has_a_limit_of_operations():
    addition = {"op": "add", "path": "/b/-", "value": 1}
    assert len(apply([addition] * OPERATIONS, {"b": []})["b"]) == OPERATIONS
    with pytest.raises(TooLarge, match="at most 1,000 operations"):
        apply([addition] * (OPERATIONS + 1), {"b": []})


def test_operations_see_what_earlier_ones_changed():
    operations: list[Json] = [
        {"op": "add", "path": "/a", "value": [1]},
        {"op": "copy", "from": "/a", "path": "/b"},
        {"op": "add", "path": "/b/-", "value": 2},
        {"op": "test", "path": "/a", "value": [1]},
        {"op": "replace", "path": "", "value": {"c": 3}},
    ]
    assert apply(operations[:4], {}) == {"a": [1], "b": [1, 2]}
    assert apply(operations, {}) == {"c": 3}


def test_a_patch_leaves_the_content_as_it_was():
    content = {"a": {"b": [1]}}
    apply([{"op": "add", "path": "/a/b/-", "value": 2}, {"op": "remove", "path": "/a"}], content)
    assert content == {"a": {"b": [1]}}
