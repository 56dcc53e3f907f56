"""What every page about capabilities has: the tabs, the steps, and who may use the API."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from sandbox.access.matrix import ACTIONS, APIS, TYPES, Cell, matrix
from sandbox.console.pages.start.progress import steps
from sandbox.console.pages.start.table import chosen_type
from sandbox.console.pages.start.words import words
from sandbox.console.rendering import render_page
from sandbox.http.call import Call

DOORS = "doors"
"""The word of the page about all APIs."""


def render_capabilities(call: Call, api: str, template: str, title: str, **values: Any) -> Response:
    """Render a page about an API."""
    type_ = chosen_type(call)
    return render_page(
        call,
        f"start/capabilities/{template}",
        title=title,
        words=words(),
        types=TYPES,
        type=type_,
        api=api,
        apis=APIS,
        cells=_cells(api) if api in APIS else {},
        steps=steps(call, type_, "capabilities"),
        **values,
    )


def _cells(api: str) -> dict[str, list[Cell]]:
    """Action → the cells of the integration types."""
    return {action: [matrix()[f"{type_}.{api}.{action}"] for type_ in TYPES] for action in ACTIONS}
