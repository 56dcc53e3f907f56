"""`pkb-sandbox checkpoint`: named states of a world."""

from __future__ import annotations

import click

from sandbox.cli.control_client import ControlClient, named
from sandbox.cli.output import print_json, print_line, print_table, print_text
from sandbox.cli.server_options import ClientGroup, client_command, wants_json


@click.group(cls=ClientGroup)
def checkpoint() -> None:
    """Keep states of a world, go back to them, and compare them."""


@checkpoint.command("list")
@client_command()
def list_checkpoints(client: ControlClient) -> None:
    """List the checkpoints, the oldest first."""
    answer = client.call("GET", "/checkpoints")
    if wants_json():
        print_json(answer)
        return
    print_table(("NAME", "AT"), [(row["name"], row["at"]) for row in answer["checkpoints"]])


@checkpoint.command(short_help="Keep the state of the world under a name.")
@click.argument("name")
@client_command()
def create(client: ControlClient, name: str) -> None:
    """Keep the state of the world under a name; a name that is in use is replaced."""
    answer = client.call("POST", "/checkpoints", {"name": name})
    if wants_json():
        print_json(answer)
    else:
        print_line(f"Created checkpoint {answer['name']} at {answer['at']}.")


@checkpoint.command()
@click.argument("name")
@client_command()
def restore(client: ControlClient, name: str) -> None:
    """Return the world to a checkpoint."""
    answer = client.call("POST", f"/checkpoints/{named(name)}/restore")
    if wants_json():
        print_json(answer)
    else:
        print_line(f"Restored checkpoint {answer['name']} of {answer['at']}.")


@checkpoint.command()
@click.argument("name")
@click.option("--to", "later", help="Checkpoint to compare with; default: the present state.")
@client_command()
def diff(client: ControlClient, name: str, later: str | None) -> None:
    """Show in clinical words what changed since a checkpoint."""
    path, query = f"/checkpoints/{named(name)}/diff", {"to": later} if later else {}
    if wants_json():
        print_json(client.call("GET", path, query=query))
    else:
        for line in client.text(path, query).splitlines():
            print_text(line)


@checkpoint.command()
@click.argument("name")
@client_command()
def delete(client: ControlClient, name: str) -> None:
    """Delete a checkpoint."""
    answer = client.call("DELETE", f"/checkpoints/{named(name)}")
    if wants_json():
        print_json(answer)
    else:
        print_line(f"Deleted checkpoint {name}.")
