"""Find every refusal of the product in its source: text, class, rule, place, and what would have been accepted.

A refusal is a call of an error class, or of a function that passes its argument on to one. A text that is put together
from values has their names in braces.
"""

from __future__ import annotations

import ast
import importlib
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import sandbox
from reference_pages.source_texts import Expression, Function, Scope, nodes_of
from sandbox.errors import SandboxError, Unusable
from sandbox.facts import ledger

PACKAGE = Path(sandbox.__file__).parent
ROUNDS = 4
"""How many functions may pass a text on, one to the next."""
UNKNOWN = "{text}"
AT_RUN_TIME = "the explanation of the refusal lists it"
"""Advice that is put together from values of the request."""
NEVER = "console/"
"""The console refuses forms of its own pages; nobody integrates with it."""
ENDING = ("fail", "CallFailed", "UnusableFile")
"""What ends a command with a text."""
TEXT_AT = {"TokenError": 2}
"""Class or function → the position of its text, if that is not the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A refusal: `module` as a path below the package, the texts that it may have, and its rule."""

    module: str
    line: int
    kind: type[SandboxError]
    text: str
    rule: str
    where: str
    code: str
    instead: str
    status: int = 0

    @property
    def stands_for_texts(self) -> bool:
        """Return whether it stands for a rule whose texts are not calls in the source."""
        return not self.module and not self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """A class or function that makes an error: its class, and its arguments by name and position."""

    kind: type[SandboxError]
    names: tuple[str, ...]
    sources: Mapping[str, Expression] = field(default_factory=dict)
    home: Scope | None = None


@cache
def refusals() -> tuple[Refusal, ...]:
    """Return every refusal of the package, in the order of the files."""
    texts = {file: file.read_text(encoding="utf-8") for file in sorted(PACKAGE.rglob("*.py"))}
    kinds = {kind.__name__: Maker(kind=kind, names=_names_of(kind)) for kind in _kinds(texts)}
    kinds |= {name: Maker(kind=Unusable, names=("text",)) for name in ENDING}
    modules = {file: ast.parse(text) for file, text in texts.items() if _has_word(text, kinds)}
    passing = {_module_name(file): _functions(module, kinds) for file, module in modules.items()}
    further = {name for makers in passing.values() for name in makers}
    modules |= {
        file: ast.parse(text) for file, text in texts.items() if file not in modules and _has_word(text, further)
    }
    everything: list[Refusal] = []
    for file, module in sorted(modules.items()):
        makers = {**kinds, **_imported(module, passing)}
        makers |= _functions(module, makers)
        everything += _refusals_in(file, module, makers)
    return tuple(dict.fromkeys(everything))


def _has_word(text: str, words: Iterable[str]) -> bool:
    return any(word in text for word in words)


def _kinds(texts: Mapping[Path, str]) -> set[type[SandboxError]]:
    """Return all classes of errors, after an import of the modules that define some."""
    for file, text in texts.items():
        if "\nclass " in text and "sandbox.errors" in text and file.name != "__main__.py":
            importlib.import_module(_module_name(file))
    pending, kinds = [SandboxError], set[type[SandboxError]]()
    while pending:
        kind = pending.pop()
        kinds.add(kind)
        pending += kind.__subclasses__()
    return {kind for kind in kinds if kind.__module__.startswith("sandbox")}


def _module_name(file: Path) -> str:
    return ".".join(("sandbox", *file.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")


def _names_of(kind: type[SandboxError]) -> tuple[str, ...]:
    position = TEXT_AT.get(kind.__name__, 0)
    return (*("", "error")[:position], "text")


def _imported(module: ast.Module, passing: Mapping[str, Mapping[str, Maker]]) -> dict[str, Maker]:
    """Return the functions of other modules that make errors, as far as this module imports them by name."""
    makers: dict[str, Maker] = {}
    for node in nodes_of(module):
        if isinstance(node, ast.ImportFrom):
            theirs = passing.get(node.module or "", {})
            makers |= {alias.asname or alias.name: theirs[alias.name] for alias in node.names if alias.name in theirs}
            for alias in node.names:  # a module, whose functions are called by their names behind a dot
                makers |= passing.get(f"{node.module}.{alias.name}", {})
    return makers


def _functions(module: ast.Module, makers: Mapping[str, Maker]) -> dict[str, Maker]:
    """Return the functions of a module that pass a parameter on as the text of an error."""
    passing: dict[str, Maker] = {}
    for _ in range(ROUNDS):
        before = len(passing)
        for function in _functions_of(module):
            passing |= _passing(module, function, {**makers, **passing})
        if len(passing) == before:
            break
    return passing


@cache
def _functions_of(module: ast.Module) -> list[Function]:
    return [node for node in nodes_of(module) if isinstance(node, Function)]


def _passing(module: ast.Module, function: Function, makers: Mapping[str, Maker]) -> Iterator[tuple[str, Maker]]:
    """Yield a function by name, if it passes one of its parameters on as the text."""
    scope = Scope(module, function)
    names = [name for name in scope.parameters if name not in ("self", "cls")]
    for call, maker in _calls(function, makers):
        sources = _sources(call, maker)
        text = sources.get("text")
        if isinstance(text, ast.Name) and text.id in scope.parameters:
            renamed = tuple("text" if name == text.id else name for name in names)
            rest = {name: value for name, value in sources.items() if name != "text"}
            yield function.name, Maker(kind=maker.kind, names=renamed, sources=rest, home=scope)


def _calls(root: ast.AST, makers: Mapping[str, Maker]) -> Iterator[tuple[ast.Call, Maker]]:
    return ((node, makers[name]) for node, name in _named_calls(root) if name in makers)


@cache
def _named_calls(root: ast.AST) -> list[tuple[ast.Call, str]]:
    """Return the calls in a function, with the last word of what is called."""
    calls = [node for node in nodes_of(root) if isinstance(node, ast.Call)]
    return [
        (node, node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")) for node in calls
    ]


def _sources(call: ast.Call, maker: Maker) -> dict[str, Expression]:
    """Return the arguments of a call by name; what the function adds itself comes first."""
    own: dict[str, Expression] = dict(maker.sources)
    for name, value in zip(maker.names, call.args, strict=False):
        if name:
            own[name] = value
    own |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    # A function that passes `rule=rule` on takes it from its caller.
    return {name: own.get(value.id, value) if isinstance(value, ast.Name) else value for name, value in own.items()}


def _refusals_in(file: Path, module: ast.Module, makers: Mapping[str, Maker]) -> Iterator[Refusal]:
    runtime = sys.modules.get(_module_name(file))
    for function in _functions_of(module):
        scope = Scope(module, function, runtime)
        for call, maker in _calls(function, makers):
            scope.line = call.lineno
            sources = _sources(call, maker)
            texts = scope.values(sources.get("text")) or _placeholders(sources.get("text"), scope)
            rules = _one(scope, maker, sources.get("rule")) or [""]
            for text in texts:
                for rule in rules:
                    yield _refusal(file, call, maker, text, rule, sources, scope)


def _placeholders(node: Expression, scope: Scope) -> list[str]:
    """Return a text of nothing but a value, unless the value comes from a caller that is looked at itself."""
    is_passed_on = node is None or (isinstance(node, ast.Name) and node.id in scope.parameters)
    return [] if is_passed_on else [UNKNOWN]


def _one(scope: Scope, maker: Maker, node: Expression) -> list[str]:
    values = scope.values(node)
    return values or (maker.home.values(node) if maker.home else [])


def _refusal(
    file: Path, call: ast.Call, maker: Maker, text: str, rule: str, sources: Mapping[str, Expression], scope: Scope
) -> Refusal:
    def first(name: str) -> str:
        return " or ".join(dict.fromkeys(_one(scope, maker, sources.get(name))))

    usual = _usual(maker.kind)
    status = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else 0
    return Refusal(
        module=file.relative_to(PACKAGE).as_posix(),
        line=call.lineno,
        kind=maker.kind,
        text=text,
        rule=rule if rule in ledger() else usual.rule,
        where=first("where"),
        code=first("code") or first("error"),
        instead=first("instead") or usual.instead or (AT_RUN_TIME if "instead" in sources else ""),
        status=status if isinstance(status, int) else 0,
    )


@cache
def _usual(kind: type[SandboxError]) -> SandboxError:
    """Return an error of a class, for the rule and the advice that all errors of the class have."""
    try:
        return kind("")
    except (TypeError, ValueError, AttributeError, IndexError):
        return SandboxError("")


def of(folders: Iterable[str], but: Iterable[str] = ()) -> list[Refusal]:
    """Return the refusals of some folders or files of the package, once each, in the order of their rules."""
    chosen = [refusal for refusal in refusals() if refusal.module.startswith(tuple(folders))]
    chosen = [refusal for refusal in chosen if not refusal.module.startswith((*but, NEVER))]
    unique = {(refusal.text, refusal.rule, refusal.kind, refusal.status): refusal for refusal in chosen}
    texts = [refusal for refusal in unique.values() if refusal.rule or not _is_unknown(refusal.text)]
    return sorted(texts, key=lambda refusal: (refusal.rule, refusal.text))


def _is_unknown(text: str) -> bool:
    """Return whether nothing of a text is known before the run."""
    return not re.sub(r"[{][^}]*[}]", "", text).strip(" :.")
