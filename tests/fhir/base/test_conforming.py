"""The quick check accepts only what has no errors, and nearly everything that has none."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.fhir.base.conforming import conforms
from sandbox.fhir.base.json import parse
from sandbox.fhir.base.releases import release
from sandbox.fhir.base.validation import issues
from sandbox.synthetic.fhir import instance, resource_types

Json = dict[str, Any]
RELEASES = ("stu3", "r4")
TYPES = [(name, type_) for name in RELEASES for type_ in resource_types(name)]
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, "", " ", "x", 0, -1, True, [], {}, [None], [{}], {"extension": []}, "2026-13-01", ["x"]]
)


def parsed(tree: Json) -> Any:
    return parse(json.dumps(tree).encode())


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a resource."""
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [place for name, value in members for place in ((*path, name), *places(value, (*path, name)))]


def changed(node: Any, path: tuple[Any, ...], act: str, value: Any) -> None:
    for step in path[:-1]:
        node = node[step]
    if act == "remove":
        del node[path[-1]]
    elif act == "beside" and isinstance(node, dict):
        node[f"_{path[-1]}"] = value
    else:
        node[path[-1]] = value


@pytest.mark.parametrize(("release_name", "type_"), TYPES)
def test_synthetic_resources_pass_the_quick_check(release_name: str, type_: str):
    resource = parsed(instance(release_name, type_, 5))
    is_modelled = type_ not in release(release_name).unmodelled
    assert conforms(release_name, resource) == (is_modelled and not list(issues(release_name, resource, "")))


@settings(max_examples=600, deadline=None)
@given(st.data())
def test_what_passes_the_quick_check_has_no_errors(data: st.DataObject):
    release_name, type_ = data.draw(st.sampled_from(TYPES))
    resource = parsed(instance(release_name, type_, data.draw(st.integers(0, 3))))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(places(resource) or [("id",)]))
        act = data.draw(st.sampled_from(["remove", "replace", "beside"]))
        changed(resource, path, act, deepcopy(data.draw(ODD)))
    if conforms(release_name, resource):
        assert list(issues(release_name, resource, "")) == []


@pytest.mark.parametrize("resource", [None, [], "x", {}, {"resourceType": 1}, {"resourceType": "Nothing"}])
def test_anything_else_is_looked_at_closely(resource: Any):
    assert not conforms("r4", resource)
