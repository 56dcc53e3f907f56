"""Every regular expression of the package, found in the syntax trees of its modules, and how each is used."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import sandbox
from tests.limits.ambiguity import ONCE, REPEATED, WHOLE

ROOT = Path(sandbox.__file__).parent
FUNCTIONS = {"match": ONCE, "search": ONCE, "fullmatch": WHOLE} | dict.fromkeys(
    ("sub", "subn", "finditer", "findall", "split"), REPEATED
)
"""Function of `re`, or method of a pattern → the kind of use."""


class Use(NamedTuple):
    """One use of a pattern: the text and flags of it, the kind of use, and whether it may begin anywhere."""

    where: str
    pattern: str | bytes
    flags: int
    use: str
    begins_anywhere: bool


class Unknown(NamedTuple):
    """A call of `re` whose pattern is only known when it runs."""

    where: str
    source: str


@cache
def uses() -> tuple[Use | Unknown, ...]:
    return tuple(use for path in sorted(ROOT.rglob("*.py")) for use in _of_module(path))


def _of_module(path: Path) -> Iterator[Use | Unknown]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    name = ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_of_re(node.func)]
    if not calls:
        return
    names = vars(importlib.import_module(name))
    for call in calls:
        function, where = call.func.attr, f"{name}:{ast.unparse(call.args[0])}"  # type: ignore[attr-defined]
        try:
            flags = next((word.value for word in call.keywords if word.arg == "flags"), None)
            second = call.args[1] if function == "compile" and len(call.args) > 1 else flags
            pattern = eval(ast.unparse(call.args[0]), dict(names))
            number = int(eval(ast.unparse(second), dict(names))) if second is not None else 0
        except NameError:
            yield Unknown(name, ast.unparse(call))
            continue
        for method in sorted(_methods(tree, call) if function == "compile" else {function}):
            yield Use(f"{where} · {method}", pattern, number, FUNCTIONS[method], method not in ("match", "fullmatch"))


def _is_of_re(function: ast.expr) -> bool:
    is_attribute = isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)
    return is_attribute and function.value.id == "re" and function.attr in {*FUNCTIONS, "compile"}  # type: ignore[attr-defined]


def _methods(tree: ast.Module, call: ast.Call) -> set[str]:
    """Return the methods with which a module uses a pattern; all kinds where that is not plain to see."""
    target = next(
        (
            node.targets[0].id
            for node in tree.body
            if isinstance(node, ast.Assign) and node.value is call and isinstance(node.targets[0], ast.Name)
        ),
        None,
    )
    methods = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == target
    } & FUNCTIONS.keys()
    passed_on = any(
        isinstance(node, ast.Name) and node.id == target and isinstance(node.ctx, ast.Load) for node in ast.walk(tree)
    )
    return methods if methods else ({"finditer", "fullmatch"} if passed_on or target else {"search", "fullmatch"})
