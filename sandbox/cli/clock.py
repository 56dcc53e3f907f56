"""`pkb-sandbox clock`: the time of a world."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from sandbox.cli.control_client import ControlClient
from sandbox.cli.output import print_json, print_line, print_text
from sandbox.cli.server_options import ClientGroup, client_command, wants_json


@click.group(cls=ClientGroup)
def clock() -> None:
    """Show, freeze or advance the clock of a world."""


@clock.command()
@client_command()
def show(client: ControlClient) -> None:
    """Show the time of the world."""
    _print(client.call("GET", "/clock"))


@clock.command(short_help="Freeze the clock at a time.")
@click.argument("at", metavar="ISO")
@client_command()
def freeze(client: ControlClient, at: str) -> None:
    """Freeze the clock at an ISO 8601 time, for example 2026-07-01T12:00:00Z."""
    _print(client.call("PUT", "/clock", {"mode": "frozen", "at": at}))


@clock.command(short_help="Advance the clock by a duration, such as PT15M.")
@click.argument("duration")
@client_command()
def advance(client: ControlClient, duration: str) -> None:
    """Advance the clock by an ISO 8601 duration, for example PT15M or P1DT6H."""
    _print(client.call("PUT", "/clock", {"advance": duration}))


@clock.command()
@client_command()
def real(client: ControlClient) -> None:
    """Return to real time."""
    _print(client.call("PUT", "/clock", {"mode": "real"}))


def _print(state: Mapping[str, Any]) -> None:
    if wants_json():
        print_json(state)
        return
    print_line(clock_text(state))
    for act in state["became_due"]:
        print_text(f"  due: {act}")


def clock_text(state: Mapping[str, Any]) -> str:
    """Describe the state of a clock in words."""
    return f"{'frozen at' if state['mode'] == 'frozen' else 'running, now'} {state['now']}"
