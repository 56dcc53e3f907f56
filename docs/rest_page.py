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
    described = {(one.name, one.text): one for operation in operations() for one in operation.parameters}
    for (name, text), one in described.items():
        yield f"| `{name}` | {one.place} | {_plain(text)} | {one.standing} |"
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


def _operation(one: RestOperation) -> str:
    answer = " or ".join(f"[{name}](#{name})" for name in one.answers if name in shapes()) or "".join(one.answers)
    answer = f"results: list of {answer}" if one.wrapped else f"list of {answer}" if one.many else answer or "204"
    body = f"[{one.body}](#{one.body})" if one.body else ""
    notes = "" if one.path_published else " (path not published)"
    notes += f" (seen in {one.seen})" if one.seen else ""
    scopes = ", ".join(one.scopes) or "public"
    standing = f"[{one.standing}]({one.source})" if one.source.startswith("http") else one.standing
    return f"| {one.text} | `{one.method} {one.path}`{notes} | {scopes} | {body} | {answer} | {standing} |"


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
