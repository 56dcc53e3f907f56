"""The pages of the Custom REST API: each operation with its parameters, and the objects of bodies and answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

from reference_pages.writing import Page, Section, capitalised, code, facts_table, plain, standing, table
from sandbox.facts import ledger
from sandbox.rest.catalogue import RestOperation, operations
from sandbox.rest.objects import ObjectShape, shapes
from sandbox.rest.openapi import refusals

SENT, ANSWERED = "rest-bodies.md", "rest-answers.md"


def pages() -> Iterator[tuple[str, Page]]:
    """Yield file name → page."""
    reads = [operation for operation in operations() if operation.method == "GET"]
    writes = [operation for operation in operations() if operation.method != "GET"]
    yield "rest-reads.md", _operations("reads", reads)
    yield "rest-writes.md", _operations("writes", writes)
    yield SENT, _objects("bodies", "What clients send to the Custom REST API, by key.", _sent())
    answered = [shape for shape in shapes().values() if shape not in _sent()]
    yield ANSWERED, _objects("answers", "What the Custom REST API returns, by key.", answered)
    yield "rest-rules.md", _rules()


def _sent() -> list[ObjectShape]:
    return [shape for shape in shapes().values() if shape.is_request]


def link(name: str, folder: str = "") -> str:
    """Link an object to its section; another name stays as it is."""
    if name not in shapes():
        return name
    return f"[{name}]({folder}{SENT if shapes()[name].is_request else ANSWERED}#{name})"


def returns(operation: RestOperation, folder: str = "") -> str:
    """Say in words what a successful request returns."""
    answer = " or ".join(link(name, folder) for name in operation.answers)
    if not answer:
        return "204 without a body"
    listed = f"list of {answer}" if operation.many else answer
    return f"results: {listed}" if operation.wrapped else listed


def _operations(name: str, listed: list[RestOperation]) -> Page:
    opening = (
        "Each operation of the Custom REST API below `/json` (and `/rest`), with its parameters and answers. "
        "[Custom REST](../rest.md) has the list of all operations and explains tokens and scopes; "
        "[Errors: Custom REST](errors-rest.md) lists the texts of refusals."
    )
    sections = [Section(f"{operation.method} {operation.path}", _operation(operation)) for operation in listed]
    return Page(f"Custom REST: {name}", opening, sections)


def _operation(operation: RestOperation) -> Iterator[str]:
    yield f"{plain(operation.text)}."
    yield ""
    notes = [] if operation.path_published else ["PKB has not published the path"]
    notes += [f"last seen in {operation.seen}"] if operation.seen else []
    rows = [
        ("who may call it", ", ".join(operation.scopes) or "anybody, without a token"),
        ("body", link(operation.body)),
        ("answer", returns(operation)),
        ("refusals", ", ".join(f"{status} {HTTPStatus(status).phrase}" for status in refusals(operation))),
        ("standing", "; ".join((standing(operation.standing, operation.source), *notes))),
    ]
    yield from table(("", ""), [row for row in rows if row[1]])
    parameters = (
        (code(row.name), row.place, "required" if row.required else "optional", plain(row.text), row.standing)
        for row in operation.parameters
    )
    yield from table(("parameter", "in", "need", "meaning", "standing"), parameters)


def _objects(name: str, opening: str, listed: Iterable[ObjectShape]) -> Page:
    text = f"{opening} [Custom REST](../rest.md) lists the operations that use them."
    sections = [Section(shape.name, object_lines(shape)) for shape in listed]
    return Page(f"Custom REST: {name}", text, sections)


def object_lines(shape: ObjectShape) -> Iterator[str]:
    yield f"{capitalised(plain(shape.text))}."
    yield ""
    yield from table(("key", "type", "need", "meaning", "standing"), (_key(key) for key in shape.keys))


def _key(key: Any) -> tuple[str, str, str, str, str]:
    need = "required" if key.required else "not always" if key.optional else ""
    type_ = (f"list of {link(key.type)}" if key.many else link(key.type)) + (" or null" if key.nullable else "")
    return code(key.name), type_, need, plain(key.text), key.standing


def _rules() -> Page:
    opening = (
        "The rules that all operations of the [Custom REST API](../rest.md) follow. "
        "The explanation of a refusal names the rule."
    )
    own = [fact for fact in ledger().values() if fact.where == "sandbox/rest/facts.toml"]
    return Page("Custom REST: rules", opening, [Section("Rules", facts_table(own))])
