"""`pkb-sandbox workspace`: the worlds of a running sandbox."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from sandbox.cli.control_client import ControlClient, named
from sandbox.cli.credentials import print_credentials
from sandbox.cli.output import print_json, print_line, print_table, print_text
from sandbox.cli.server_options import WORKSPACE, ClientGroup, client_command, wants_json


@click.group(cls=ClientGroup, short_help="Create, list, reset and delete workspaces.")
def workspace() -> None:
    """Create, list, reset and delete workspaces: isolated copies of the seeded world.

    The credentials choose the workspace on every API of PKB; control calls name it.
    """


@workspace.command("list")
@client_command()
def list_workspaces(client: ControlClient) -> None:
    """List the workspaces, the default one first."""
    answer = replace(client, workspace=None).call("GET", "/workspaces")
    if wants_json():
        print_json(answer)
        return
    keys = ("name", "exchanges", "created_at", "last_used_at")
    rows = [[row[key] for key in keys] for row in answer["workspaces"]]
    print_table(("NAME", "EXCHANGES", "CREATED", "LAST USED"), rows)


@workspace.command()
@click.argument("name")
@click.option("--world", help="Supplied world to copy; default: the served world.")
@click.option("--idle-seconds", type=float, help="Seconds without a request after which the workspace is deleted.")
@client_command()
def create(client: ControlClient, name: str, world: str | None, idle_seconds: float | None) -> None:
    """Create a workspace, and print its credentials."""
    values: dict[str, Any] = {"name": name, "world": world, "idle_seconds": idle_seconds}
    payload = {key: value for key, value in values.items() if value is not None}
    # Without the workspace of the options: it may be the one that does not exist yet.
    answer = replace(client, workspace=None).call("POST", "/workspaces", payload)
    if wants_json():
        print_json(answer)
        return
    counts = answer["world"]
    print_text(
        f"Created workspace {answer['name']} with {counts['organisations']} organisations and "
        f"{counts['patients']} patients of the world {counts['name']}. Its credentials:"
    )
    print_credentials(answer["credentials"])


@workspace.command()
@click.argument("name")
@client_command()
def delete(client: ControlClient, name: str) -> None:
    """Delete a workspace with everything in it."""
    answer = replace(client, workspace=None).call("DELETE", f"/workspaces/{named(name)}")
    if wants_json():
        print_json(answer)
    else:
        print_line(f"Deleted workspace {name}.")


@workspace.command()
@click.argument("name")
@client_command()
def reset(client: ControlClient, name: str) -> None:
    """Return a workspace to its seeded state."""
    answer = replace(client, workspace=name).call("POST", "/reset")
    if wants_json():
        print_json(answer)
    else:
        print_line(f"Reset workspace {name}: {', '.join(answer['reset'])}.")


for _command in (workspace, *workspace.commands.values()):
    for _parameter in _command.params:
        if isinstance(_parameter, click.Option) and _parameter.name == WORKSPACE:
            _parameter.hidden = True  # accepted as by every client command; here the name is an argument
