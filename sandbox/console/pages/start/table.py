"""The first page: the integration types, and the selection table with all cells of the access matrix."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from sandbox.access.matrix import ACTIONS, APIS, TYPES, Cell, matrix
from sandbox.console.pages.start.progress import steps
from sandbox.console.pages.start.words import words
from sandbox.console.rendering import render_page
from sandbox.errors import NotFound
from sandbox.http.call import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeGroup:
    """The rows of an integration type: the credentials for each API, and the cells of each action."""

    type: str
    credentials: tuple[tuple[str, ...], ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]


def show_selection_table(call: Call) -> Response:
    """Render the page, for one integration type with `?type=`. Raises NotFound for any other type."""
    type_ = chosen_type(call)
    ordered = sorted(TYPES, key=lambda candidate: candidate != type_)
    return render_page(
        call,
        "start/index.html",
        title="Plan an integration",
        words=words(),
        types=TYPES,
        apis=APIS,
        type=type_,
        groups=[_group(candidate) for candidate in ordered],
        steps=steps(call, type_, "apis" if type_ else "type"),
        note=_note,
    )


def chosen_type(call: Call) -> str:
    """Return the integration type in the address; empty without one. Raises NotFound."""
    type_ = call.request.query_params.get("type", "")
    if type_ and type_ not in TYPES:
        raise NotFound(f"type must be one of: {', '.join(TYPES)}")
    return type_


def _group(type_: str) -> TypeGroup:
    cells = matrix()
    rows = tuple((action, tuple(cells[f"{type_}.{api}.{action}"] for api in APIS)) for action in ACTIONS)
    kinds = [{cells[f"{type_}.{api}.{action}"].credential for action in ACTIONS} - {None} for api in APIS]
    return TypeGroup(type=type_, credentials=tuple(tuple(sorted(filter(None, kind))) for kind in kinds), rows=rows)


def _note(cell: Cell) -> str:
    """Return the few words below a decision; none below each cell of an API to which a type has no access."""
    if cell.decision == "pending":
        return "not offered yet"
    type_, api, action = cell.cell.split(".")
    has_access = any(matrix()[f"{type_}.{api}.{other}"].decision == "allowed" for other in ACTIONS)
    # The note says that nobody can send data to these APIs, so it concerns types without access too.
    is_general = action == "send_data" and api in ("facade", "aggregated")
    return str(words()["note"].get(f"{api}.{action}", "")) if has_access or is_general else ""
