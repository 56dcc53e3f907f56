"""`pkb-sandbox credentials`: the credentials of a running sandbox, or of a world that is not served."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from typing import Any

import click

from sandbox.cli.command import fail
from sandbox.cli.control_client import ControlClient
from sandbox.cli.output import print_json, print_text
from sandbox.cli.server_options import client_command, wants_json
from sandbox.settings import Settings


@click.command(short_help="List the credentials of a sandbox or of a world.")
@click.option("--world", help="World whose credentials to list without a server; default: the supplied world.")
@client_command(url=None)
def credentials(client: ControlClient | None, world: str | None) -> None:
    """List the credentials of a running sandbox, or without --url those of a world."""
    if client and world:
        fail(f"--world {world}: the running sandbox at {client.url} has its own world")
    rows = client.call("GET", "/credentials")["credentials"] if client else _of_world(world or "default")
    if wants_json():
        print_json({"credentials": rows})
    else:
        print_credentials(rows)


def _of_world(world: str) -> list[dict[str, Any]]:
    from sandbox.access.credentials import list_credentials
    from sandbox.errors import SandboxError
    from sandbox.worlds.workspaces import Workspaces

    try:
        # A seed makes generated secrets the same in every call.
        return list_credentials(Workspaces(Settings(world=world, seed=1)).default)
    except SandboxError as error:
        fail(f"--world {world}: {error}")


def print_credentials(rows: Sequence[Mapping[str, Any]]) -> None:
    """A line each: kind, id and secret, which is never cut; `access` says which APIs a kind is for."""
    cells = [(row["kind"], row.get("username") or row["client_id"], _secret(row)) for row in rows]
    widths = [max(map(len, column), default=0) for column in zip(*cells, strict=True)]
    # Without columns on a narrow terminal: a secret that is padded or cut cannot be copied.
    if sum(widths) + 2 > shutil.get_terminal_size().columns:
        widths = [0, 0, 0]
    for kind, id_, secret in cells:
        print_text(f"{kind:<{widths[0]}} {id_:<{widths[1]}} {secret}")


def _secret(row: Mapping[str, Any]) -> str:
    return str(row.get("password") or row.get("client_secret") or row.get("refresh_token") or "no secret")
