"""The generated part of rest.md: operations, objects and errors of the Custom REST API, from its catalogue."""

from __future__ import annotations

from collections.abc import Iterator

from reference_pages.rest_pages import link, returns

from sandbox.rest.catalogue import RestOperation, operations
from sandbox.rest.dialect import table

FOLDER = "reference/"


def rest() -> Iterator[str]:
    yield "## Operations"
    yield ""
    yield "| | address | scope | body | answer | standing |"
    yield "|---|---|---|---|---|---|"
    for operation in operations():
        yield _operation(operation)
    yield ""
    yield "## Parameters"
    yield ""
    yield "| parameter | of | is | standing |"
    yield "|---|---|---|---|"
    described = {
        (parameter.name, parameter.text): parameter for operation in operations() for parameter in operation.parameters
    }
    for (name, text), parameter in described.items():
        yield f"| `{name}` | {parameter.place} | {_plain(text)} | {parameter.standing} |"
    yield ""
    yield "## Refusals"
    yield ""
    yield "| status | code | when | standing |"
    yield "|---|---|---|---|"
    for row in table().values():
        yield f"| {row['status']} | `{row['name']}` | {row['text']} | {row['standing']} |"
    yield ""
    yield "## Objects"
    yield ""
    yield "[Bodies](reference/rest-bodies.md) lists what clients send, by key, and [answers](reference/rest-answers.md)"
    yield "what they get. Each operation with its parameters: [reads](reference/rest-reads.md),"
    yield "[writes](reference/rest-writes.md)."


def _operation(operation: RestOperation) -> str:
    answer = returns(operation, FOLDER)
    body = link(operation.body, FOLDER)
    notes = "" if operation.path_published else " (path not published)"
    notes += f" (seen in {operation.seen})" if operation.seen else ""
    scopes = ", ".join(operation.scopes) or "public"
    standing = (
        f"[{operation.standing}]({operation.source})" if operation.source.startswith("http") else operation.standing
    )
    request = f"`{operation.method} {operation.path}`{notes}"
    return f"| {operation.text} | {request} | {scopes} | {body} | {answer} | {standing} |"


def _plain(text: str) -> str:
    return text.replace("|", chr(92) + "|").replace("<", "&lt;")
