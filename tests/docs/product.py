"""What the running product has that a page must describe, and the pages that describe it."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import sandbox
from sandbox.assembly.control_calls import CONTROL
from sandbox.cli import exit_codes
from sandbox.control.metrics import Figures
from sandbox.facts import ledger
from sandbox.fhir.base import capability
from sandbox.hl7.messages import MESSAGES
from sandbox.http.instead import rules
from sandbox.oauth.endpoints import front_end
from sandbox.rest.catalogue import operations
from sandbox.settings import SETTINGS, Settings
from sandbox.worlds.workspaces import Workspaces
from tests.http.test_explanations import refusing

PACKAGE = Path(sandbox.__file__).parent
DOCS = PACKAGE.parent / "docs"
Pages = dict[str, str]
"""Path below docs → text."""
OTHER_HEADERS = frozenset({"content-length", "traceparent"})
"""Headers of HTTP itself, and those that only the journal looks at."""
NOT_OF_THE_APIS = ("console", "cli", "testing", "replay", "conformance", "pact")
"""Rooms whose headers are those of their own requests."""
OF_TABLES = ("sandbox/domain/notifications/notifications.toml", "sandbox/rest/catalogue.toml")
"""Files whose facts are rows of tables: their pages show the text, not the id."""
STATEMENTS = ("facade", "messaging", "customer_stu3", "customer_r4", "aggregated")


def pages() -> Pages:
    return {file.relative_to(DOCS).as_posix(): file.read_text(encoding="utf-8") for file in DOCS.rglob("*.md")}


def settings() -> Iterator[tuple[str, str]]:
    for setting in SETTINGS:
        yield "settings.md", f"`--{setting.name.replace('_', '-')}`"
        yield "settings.md", f"`PKB_SANDBOX_{setting.name.upper()}`"


def messages() -> Iterator[tuple[str, str]]:
    for name in MESSAGES:
        yield "reference/hl7.md", name


def rest_operations() -> Iterator[tuple[str, str]]:
    for operation in operations():
        page = f"reference/rest-{'reads' if operation.method == 'GET' else 'writes'}.md"
        yield page, f"## {operation.method} {operation.path}\n"
        for parameter in operation.parameters:
            yield page, f"| `{parameter.name}` |"


def fhir_operations() -> Iterator[tuple[str, str]]:
    for name in STATEMENTS:
        offered = capability.load(name)
        page = f"reference/fhir-{name.replace('_', '-')}.md"
        for operation in offered.operations:
            yield page, f"/${operation.name}\n"
        codes = [code for type_ in offered.types.values() for code in type_.interactions]
        for code in dict.fromkeys([*codes, *offered.system]):
            yield page, f"| `{code}` |"
        for type_ in offered.types.values():
            for rule in type_.search.values():
                yield ("facade.md" if name == "facade" else page), f"`{rule.name}`"


def oauth_addresses() -> Iterator[tuple[str, str]]:
    workspaces = Workspaces(Settings(seed=1))
    for route in front_end(workspaces).routes:
        if route.operation != "deep link":
            yield "reference/oauth.md", f"## {route.methods[0]} {route.path.replace(':path', '')}\n"
    for file in (PACKAGE / "oauth").rglob("*.py"):
        for name in _names_in(file, ("fields", "parameters", "form")):
            yield "reference/oauth.md", f"| `{name}` |"


def control_calls() -> Iterator[tuple[str, str]]:
    for operation in CONTROL:
        page = "control-records" if operation.path.startswith("/records") else "control"
        yield f"reference/{page}.md", f"| `{operation.method} {operation.path}` |"


def refusal_rules() -> Iterator[tuple[str, str]]:
    for rule in {**rules(), **dict(refusing())}:
        yield "reference/errors-", f"`{rule}`"


def facts() -> Iterator[tuple[str, str]]:
    """Facts with an id of their own; rows of a table have a column of its page."""
    for fact in ledger().values():
        if "." in fact.id and "/" not in fact.id:
            yield "", fact.text if fact.where in OF_TABLES else f"`{fact.id}`"


def metrics() -> Iterator[tuple[str, str]]:
    for metric in Figures(Workspaces(Settings(seed=1)), Counter(patient=1)).collect():
        yield "reference/metrics.md", f"| `{metric.name}"


def exit_statuses() -> Iterator[tuple[str, str]]:
    for file in (PACKAGE / "cli").glob("*.py"):
        for value in _exits(ast.parse(file.read_text(encoding="utf-8"))):
            yield "reference/exit-codes.md", f"\n| {int(getattr(exit_codes, str(value), value))} |"


def request_headers() -> Iterator[tuple[str, str]]:
    for file in PACKAGE.rglob("*.py"):
        if file.relative_to(PACKAGE).parts[0] not in NOT_OF_THE_APIS:
            for name in _names_in(file, ("headers",)):
                if name.lower() not in OTHER_HEADERS:
                    yield "reference/headers.md", f"| `{name}` |"


def _exits(module: ast.Module) -> Iterator[str | int]:
    """Yield the names and numbers with which a module ends the process; `error.exit_code` is one of them elsewhere."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("sys.exit", "CallFailed"):
            for part in (branch for argument in node.args for branch in _branches(argument)):
                if isinstance(part, ast.Name) and part.id.isupper():
                    yield part.id
                elif isinstance(part, ast.Constant) and type(part.value) is int:
                    yield part.value


def _branches(node: ast.expr) -> tuple[ast.expr, ...]:
    return (node.body, node.orelse) if isinstance(node, ast.IfExp) else (node,)


def _names_in(file: Path, objects: tuple[str, ...]) -> Iterator[str]:
    """Yield the texts with which a file looks into an object of one of the names: `fields.get("code")`."""
    text = file.read_text(encoding="utf-8")
    if not any(name in text for name in objects):
        return
    for node in ast.walk(ast.parse(text)):
        key: ast.expr | None = None
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(tuple(f"{name}.get" for name in objects)):
            key = node.args[0] if node.args else None
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and ast.unparse(node.value) in objects:
            key = node.slice
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield key.value


PARTS = {
    "settings": settings,
    "HL7 messages": messages,
    "operations of Custom REST": rest_operations,
    "operations and parameters of FHIR": fhir_operations,
    "addresses and parameters of OAuth": oauth_addresses,
    "control calls": control_calls,
    "rules of refusals": refusal_rules,
    "facts": facts,
    "metrics": metrics,
    "exit codes": exit_statuses,
    "request headers": request_headers,
}


@cache
def entries(part: str) -> tuple[tuple[str, str], ...]:
    """Return page (or the beginning of its path) and words of every entry that a part must have."""
    return tuple(dict.fromkeys(PARTS[part]()))


def undocumented(part: str, texts: Pages) -> list[str]:
    """Return what the pages do not have, of a part of the product."""
    joined: dict[str, str] = {}
    missing = []
    for page, words in entries(part):
        if page not in joined:
            joined[page] = "\n".join(text for name, text in texts.items() if name.startswith(page)).lower()
        if words.lower() not in joined[page]:
            missing.append(words)
    return list(dict.fromkeys(missing))
