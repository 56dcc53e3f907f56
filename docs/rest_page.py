"""The generated part of rest.md: operations, objects and errors of the Custom REST API, from its catalogue."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.rest.catalogue import RestOperation, operations
from sandbox.rest.dialect import table
from sandbox.rest.objects import ObjectShape, shapes


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
    for shape in shapes().values():
        yield ""
        yield from _shape(shape)


def _operation(operation: RestOperation) -> str:
    answer = " or ".join(f"[{name}](#{name})" for name in operation.answers if name in shapes()) or "".join(
        operation.answers
    )
    listed = f"list of {answer}" if operation.many else answer or "204"
    answer = f"results: list of {answer}" if operation.wrapped else listed
    body = f"[{operation.body}](#{operation.body})" if operation.body else ""
    notes = "" if operation.path_published else " (path not published)"
    notes += f" (seen in {operation.seen})" if operation.seen else ""
    scopes = ", ".join(operation.scopes) or "public"
    standing = (
        f"[{operation.standing}]({operation.source})" if operation.source.startswith("http") else operation.standing
    )
    request = f"`{operation.method} {operation.path}`{notes}"
    return f"| {operation.text} | {request} | {scopes} | {body} | {answer} | {standing} |"


def _shape(shape: ObjectShape) -> Iterator[str]:
    yield f"### {shape.name}"
    yield ""
    yield f"{shape.text}."
    yield ""
    yield "| key | type | | what | standing |"
    yield "|---|---|---|---|---|"
    for key in shape.keys:
        need = "required" if key.required else "not always" if key.optional else ""
        linked = f"[{key.type}](#{key.type})" if key.type in shapes() else key.type
        type_ = (f"list of {linked}" if key.many else linked) + (" or null" if key.nullable else "")
        yield f"| `{key.name}` | {type_} | {need} | {_plain(key.text)} | {key.standing} |"


def _plain(text: str) -> str:
    return text.replace("|", chr(92) + "|").replace("<", "&lt;")
