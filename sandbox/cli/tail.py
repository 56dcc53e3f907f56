"""`pkb-sandbox tail`: what happens in a world, a line each, as it happens."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import click

from sandbox.cli.clock import clock_text
from sandbox.cli.control_client import CallFailed, ControlClient
from sandbox.cli.event_stream import StreamEvent, stream_events
from sandbox.cli.fault import rule_text
from sandbox.cli.output import one_line, print_line
from sandbox.cli.server_options import client_command, wants_json

Json = Mapping[str, Any]
APIS = ("hl7", "rest", "facade", "messaging", "customer", "aggregated", "oauth")
OUTCOMES = ("accepted", "refused", "failed")
COLOURS = {"refused": "yellow", "failed": "red"}
LOST = "no longer available"
"""Part of the server's comments about events that this client has missed."""


@click.command(short_help="Follow what happens in a world, one line each.")
@click.option("--api", "apis", multiple=True, type=click.Choice(APIS), help="Only exchanges of this API; repeatable.")
@click.option(
    "--outcome",
    "outcomes",
    multiple=True,
    type=click.Choice(OUTCOMES),
    help="Only exchanges with this outcome; repeatable.",
)
@client_command()
def tail(client: ControlClient, apis: tuple[str, ...], outcomes: tuple[str, ...]) -> None:
    """Follow what happens in a world, one line each, until Ctrl-C: exchanges, mail, held messages, faults, the clock.

    A refusal says why. --json prints each event as a JSON object on a line of its own. A lost connection is made again.
    """
    try:
        for event in stream_events(client, lambda: click.echo("connection lost; reconnecting", err=True)):
            if event.comment:
                if LOST in event.comment:
                    click.echo(event.comment, err=True)
            elif _matches(event, apis, outcomes):
                _print(client, event)
    except KeyboardInterrupt:
        pass  # this is how it ends


def _matches(event: StreamEvent, apis: tuple[str, ...], outcomes: tuple[str, ...]) -> bool:
    if not apis and not outcomes:
        return True
    if event.kind != "exchange":
        return False
    return (not apis or event.data["api"] in apis) and (not outcomes or event.data["outcome"] in outcomes)


def _print(client: ControlClient, event: StreamEvent) -> None:
    if wants_json():
        row = {"event": event.kind, "id": int(event.id), "data": event.data}
        click.echo(json.dumps(row, ensure_ascii=False, separators=(",", ":")))
        return
    if event.kind == "exchange":
        reason = _reason(client, event.data)
        print_line(_exchange(event.data) + (f": {reason}" if reason else ""), COLOURS.get(event.data["outcome"]))
    elif event.kind in TEXTS:
        print_line(TEXTS[event.kind](event.data))


def _exchange(exchange: Json) -> str:
    """Time, API, outcome, operation, status or acknowledgement, caller, duration."""
    request, ack = exchange["request"], (exchange.get("hl7") or {}).get("ack")
    status = ack or exchange["response"]["status"] or "no answer"
    operation = exchange["operation"] or f"{request['method']} {request['path']}"
    parts = (operation, status, exchange["caller"] or "nobody", f"{exchange['ms']:.0f} ms")
    return f"{_time(exchange)} {exchange['api']:<10} {exchange['outcome']:<8} {' · '.join(map(str, parts))}"


def _reason(client: ControlClient, exchange: Json) -> str:
    """Return the reason of a refusal from its explanation; empty if that is no longer available."""
    if exchange["outcome"] == "accepted" or not exchange["explain"]:
        return ""
    try:
        explanation = client.call("GET", f"/exchanges/{exchange['id']}/explanation")
    except CallFailed:
        return ""
    return one_line(str(explanation["expected"]))


def _outbox(item: Json) -> str:
    return f"{_time(item)} {'outbox':<10} {item['kind']} by {item['channel']} to {item['to']}: {item['text']}"


def _held(message: Json) -> str:
    return f"{_time(message)} {'held':<10} {message['message_type']} for {message['patient']}: {message['reason']}"


def _fault(rule: Json) -> str:
    return f"{'':8} {'fault':<10} {rule_text(rule)} (hit {rule['hits']}, rule {rule['id']})"


def _clock(state: Json) -> str:
    due = "".join(f"; due: {act}" for act in state["became_due"])
    return f"{state['now'][11:19]} {'clock':<10} {clock_text(state)}{due}"


def _time(row: Json) -> str:
    return str(row["at"])[11:19]


TEXTS: dict[str, Callable[[Json], str]] = {"outbox": _outbox, "held": _held, "fault": _fault, "clock": _clock}
"""Kind of event → its line."""
