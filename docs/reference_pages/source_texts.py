"""What an expression of the source may be as a text: the values of names, without running it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from functools import cache
from types import ModuleType

Expression = ast.expr | None
Function = ast.FunctionDef | ast.AsyncFunctionDef
MOST_NAMED = 12
"""A longer list of values is not written out."""


class Scope:
    """The names that a function and its module define."""

    def __init__(self, module: ast.Module, function: Function | None, runtime: ModuleType | None = None) -> None:
        self.module, self.function = module, function
        self.runtime = runtime
        self.line = 0
        """The line of the call whose arguments are looked at: a name has its nearest value before it."""
        self.parameters = [] if function is None else [argument.arg for argument in _arguments(function)]
        self.defaults = {} if function is None else _defaults(function)

    def values(self, node: Expression) -> list[str]:
        """Return the texts that an expression may have; `{name}` stands for a value that is known only at run time."""
        if isinstance(node, ast.Constant):
            return [str(node.value)] if isinstance(node.value, str) else []
        if isinstance(node, ast.JoinedStr):
            return ["".join(map(self._piece, node.values))]
        if isinstance(node, ast.IfExp):
            return [*self.values(node.body), *self.values(node.orelse)]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return [first + last for first in self.values(node.left) for last in self.values(node.right)]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
            names = [_name(argument) for argument in node.args]
            return [text.replace("{}", "{" + ", ".join(names) + "}") for text in self.values(node.func.value)]
        if isinstance(node, ast.Name):
            return self._assigned(node.id)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self._returned(node.func.id)
        return []

    def _returned(self, name: str) -> list[str]:
        """Return the texts that a function of the module returns, if it does nothing else."""
        for node in self.module.body:
            if isinstance(node, ast.FunctionDef) and node.name == name and isinstance(node.body[-1], ast.Return):
                return Scope(self.module, node, self.runtime).values(node.body[-1].value)
        return []

    def _piece(self, node: ast.expr) -> str:
        if isinstance(node, ast.Constant):
            return str(node.value)
        name = _name(getattr(node, "value", node))
        value = getattr(self.runtime, name, None) if name.isupper() else None
        if isinstance(value, str | int):
            return format(value, _format_of(node)) if isinstance(value, int) else value
        if isinstance(value, Collection) and len(value) <= MOST_NAMED and all(isinstance(each, str) for each in value):
            return ", ".join(value)
        return "{" + name.lower() + "}"

    def _assigned(self, name: str) -> list[str]:
        """Return the texts that are assigned to a name in the function, else in the module."""
        if name in self.parameters:
            return self.values(self.defaults.get(name))
        if self.function is not None:
            texts = [(node, list(self._of_assignment(node, name))) for node in _assignments(self.function)]
            before = [(node, values) for node, values in texts if values and node.lineno <= self.line]
            if before:
                return self._in_all_branches(before)
        value = getattr(self.runtime, name, None)
        return [value] if isinstance(value, str) else []

    def _in_all_branches(self, before: list[tuple[ast.stmt, list[str]]]) -> list[str]:
        """Return the texts of the nearest assignment, and of those in other branches of the same `if`."""
        nearest = before[-1][0]
        together = [
            node
            for node in nodes_of(self.function or self.module)
            if isinstance(node, ast.If) and _spans(node, nearest.lineno) and not _spans(node, self.line)
        ]
        return list(
            dict.fromkeys(
                text
                for node, values in before
                if node is nearest or any(_spans(branch, node.lineno) for branch in together)
                for text in values
            )
        )

    def _of_assignment(self, node: ast.Assign | ast.AnnAssign, name: str) -> Iterator[str]:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            if isinstance(target, ast.Name) and target.id == name:
                yield from self.values(node.value)
            elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                for part, value in zip(target.elts, node.value.elts, strict=False):
                    if isinstance(part, ast.Name) and part.id == name:
                        yield from self.values(value)


def _arguments(function: Function) -> list[ast.arg]:
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


@cache
def _assignments(function: Function) -> list[ast.Assign | ast.AnnAssign]:
    return [node for node in nodes_of(function) if isinstance(node, ast.Assign | ast.AnnAssign)]


def _spans(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def _defaults(function: Function) -> dict[str, ast.expr]:
    """Return the defaults of parameters."""
    positional = [*function.args.posonlyargs, *function.args.args]
    defaults = function.args.defaults
    pairs = [*zip(positional[len(positional) - len(defaults) :], defaults, strict=True)]
    pairs += [
        (arg, value) for arg, value in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True) if value
    ]
    return {argument.arg: value for argument, value in pairs}


def _name(node: Expression) -> str:
    """Name a value for readers: the last word of an expression."""
    if isinstance(node, ast.Call):
        return _name(_subject(node))
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        return _name(node.slice) if isinstance(node.slice, ast.Constant | ast.Name) else _name(node.value)
    if isinstance(node, ast.BoolOp):
        return _name(node.values[0])
    if isinstance(node, ast.Constant):
        return str(node.value) if isinstance(node.value, str) else "value"
    return node.id.strip("_") if isinstance(node, ast.Name) else "value"


def _format_of(node: ast.expr) -> str:
    """Return the format of a value in a text, such as `,` for a number with commas."""
    spec = getattr(node, "format_spec", None)
    return "".join(str(part.value) for part in spec.values if isinstance(part, ast.Constant)) if spec else ""


def _subject(call: ast.Call) -> ast.expr:
    """Return what a call is about: the argument of a function, of `join` or of `get`, the object of another method."""
    if isinstance(call.func, ast.Attribute) and call.func.attr not in ("join", "get"):
        return call.func.value if not isinstance(call.func.value, ast.Call) else _subject(call.func.value)
    return call.args[0] if call.args else call.func


@cache
def nodes_of(root: ast.AST) -> list[ast.AST]:
    """Return all nodes of a tree; each tree is walked once."""
    return list(ast.walk(root))
