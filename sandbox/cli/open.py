"""`pkb-sandbox open`: the console of a running sandbox, in the browser."""

from __future__ import annotations

from urllib.parse import urlencode

import click

from sandbox.cli.control_client import ControlClient
from sandbox.cli.server_options import client_command

CONSOLE = "/_sandbox/console/start"


@click.command("open", short_help="Open the console in a browser.")
@click.option("--print", "only_print", is_flag=True, help="Print the address, and open nothing.")
@client_command(json=False)
def open(client: ControlClient, only_print: bool) -> None:  # noqa: A001 - the name of the command
    """Open the console in a browser; print its address where there is none."""
    # First, so that a missing server is told here, and not by the error page of a browser.
    client.call("GET", "/health/ready")
    world = {"workspace": client.workspace} if client.workspace else {}
    address = f"{client.url.rstrip('/')}{CONSOLE}{'?' + urlencode(world) if world else ''}"
    if only_print or click.launch(address) != 0:
        click.echo(address)
