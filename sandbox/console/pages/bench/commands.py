"""Commands for the terminal, as they work against this server and the world of the page."""

from __future__ import annotations

from shlex import quote

from sandbox.http.call import Call
from sandbox.worlds.workspace import Workspace

DEFAULT_URL = "http://127.0.0.1:8080"
"""The server that commands call without `--url`."""


def command(call: Call, words: str, world: Workspace | None = None) -> str:
    """Return a `pkb-sandbox` command with the options that select this server and a world, by default the page's."""
    url = "" if call.base_url in (DEFAULT_URL, "http://localhost:8080") else f" --url {quote(call.base_url)}"
    world = world or call.workspace
    workspace = "" if world is call.workspaces.default else f" --workspace {quote(world.name)}"
    return f"pkb-sandbox {words}{url}{workspace}"
