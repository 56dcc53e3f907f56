"""Which parser reads HTTP, and which loop runs it: the fast ones where they are installed."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from sandbox.errors import Invalid

AUTO = "auto"


def http_parser(name: str) -> Any:
    """Return the class of connections for a value of `--http-parser`. Raises Invalid if it is not installed."""
    if _is_chosen("--http-parser", name, "httptools"):
        from sandbox.web_server.httptools_connection import HttpToolsConnection

        return HttpToolsConnection
    from sandbox.web_server.h11_connection import H11Connection

    return H11Connection


def event_loop(name: str) -> str:
    """Return uvicorn's word for a value of `--event-loop`. Raises Invalid if it is not installed."""
    return "uvloop" if _is_chosen("--event-loop", name, "uvloop") else "asyncio"


def _is_chosen(option: str, name: str, library: str) -> bool:
    if name not in (AUTO, library):
        return False
    is_installed = find_spec(library) is not None
    if name == library and not is_installed:
        raise Invalid(f"{option} {name}: is not installed on this platform")
    return is_installed
