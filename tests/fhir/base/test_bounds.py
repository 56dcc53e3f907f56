"""Resources exactly at the bounds of their shape, and one beyond."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.errors import SandboxError
from sandbox.fhir.base import json, primitives
from sandbox.fhir.base.json import DEEPEST
from sandbox.fhir.resources.patches import DEFAULT_LIMITS, _json_patch


def nested(levels: int, as_list: bool) -> Any:
    tree: Any = [] if as_list else {}
    for _ in range(levels - 1):
        tree = [tree] if as_list else {"a": tree}
    return tree


@pytest.mark.parametrize("as_list", [True, False])
def test_a_tree_has_so_many_levels_and_members(as_list: bool):
    wide: Any = [0] * json.WIDEST if as_list else {str(n): 0 for n in range(json.WIDEST)}
    wider: Any = [0] * (json.WIDEST + 1) if as_list else {str(n): 0 for n in range(json.WIDEST + 1)}
    json.check_bounds(nested(DEEPEST + 1, as_list))
    json.check_bounds(wide)
    json.check_bounds("text")
    for tree in (nested(DEEPEST + 2, as_list), wider, [wider]):
        with pytest.raises(SandboxError):
            json.check_bounds(tree)


@pytest.mark.parametrize(("levels", "is_deep"), [(1, False), (DEEPEST, False), (DEEPEST + 1, True)])
def test_a_narrative_has_so_many_levels(levels: int, is_deep: bool):
    assert primitives.is_too_deep("<p>" * levels + "</p>" * levels) is is_deep
    assert primitives.is_too_deep("<p>" * levels) is is_deep


def test_many_elements_beside_each_other_are_not_deep():
    assert not primitives.is_too_deep(f"<div>{'<p></p>' * DEEPEST * 2}</div>")


def test_an_element_that_ends_takes_its_one_level_back():
    deep = "<p>" * (DEEPEST - 1) + "</p>" * (DEEPEST - 1)
    assert not primitives.is_too_deep(f"<div>{'<p></p>' * 9}{deep}</div>")
    assert primitives.is_too_deep(f"<div>{'<p></p>' * 9}<p>{deep}</p></div>")


def test_a_patch_has_so_many_operations():
    operation = {"op": "test", "path": "/a", "value": 1}
    most = DEFAULT_LIMITS.operations
    assert _json_patch([operation] * most, DEFAULT_LIMITS)({"a": 1}) == {"a": 1}
    with pytest.raises(SandboxError, match="at most"):
        _json_patch([operation] * (most + 1), DEFAULT_LIMITS)


@pytest.mark.parametrize("length", [json.PIECE, json.PIECE + 1, json.PIECE * 2 + 1])
def test_a_long_list_is_written_whole(length: int):
    assert json.render({"a": list(range(1, length + 1)), "b": None}) == (
        '{"a":[' + ",".join(map(str, range(1, length + 1))) + '],"b":null}'
    )


@pytest.mark.parametrize("number", ["9" * 18, "9" * 19, "9" * 20, "-0", "0", "1.10", "1E5"])
def test_a_number_is_written_as_it_came(number: str):
    assert json.render(json._STORED.decode(f'{{"a":{number}}}')) == f'{{"a":{number}}}'
