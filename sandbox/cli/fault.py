"""`pkb-sandbox fault`: rules that make requests of a world fail."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from sandbox.cli.command import fail
from sandbox.cli.control_client import ControlClient, named
from sandbox.cli.output import print_json, print_line, print_table, print_text
from sandbox.cli.server_options import ClientGroup, client_command, wants_json

TEXTS = ("api", "operation", "client", "patient", "method", "path", "until", "ack", "drop")
"""Keys whose values are text, even where that looks like a number."""


@click.group(cls=ClientGroup, short_help="List, add and remove fault rules.")
def fault() -> None:
    """List, add and remove the rules by which requests to a world fail."""


@fault.command("list", short_help="List the fault rules, and how often each has acted.")
@client_command()
def list_rules(client: ControlClient) -> None:
    """List the fault rules in the order in which they are tried, with how often each has acted."""
    answer = client.call("GET", "/faults")
    if wants_json():
        print_json(answer)
        return
    rows = [(rule["hits"], rule["id"], rule_text(rule)) for rule in answer["rules"]]
    print_table(("HITS", "ID", "RULE"), rows, whole=("ID",))


@fault.command()
@click.argument("pairs", nargs=-1, required=True, metavar="KEY=VALUE...")
@client_command()
def add(client: ControlClient, pairs: tuple[str, ...]) -> None:
    """Add a rule after the others, which keep their hits.

    Conditions are api, operation, client, patient, method and path; first, every, probability, seed and until say when
    the rule acts. It has one effect of status, ack, drop, reset, duplicate, expire_token, truncate and malformed, and
    may have delay_ms and slow_body.

    Examples: api=facade status=503 first=1; api=hl7 drop=after-commit; delay_ms={"uniform":[100,900]}.
    """
    rule = dict(map(_pair, pairs))
    if len(rule) < len(pairs):
        fail(f"fault add: {' '.join(pairs)}: duplicate key")
    rules = client.call("GET", "/faults")["rules"]
    # The call replaces all rules; those that are sent back as they were listed keep their hits.
    answer = client.call("PUT", "/faults", {"rules": [*rules, rule]})
    if wants_json():
        print_json(answer)
    else:
        added = answer["rules"][-1]
        print_text(f"Added fault rule {added['id']}: {rule_text(added)}.")


@fault.command()
@click.argument("rule_id", metavar="[ID]", required=False)
@client_command()
def clear(client: ControlClient, rule_id: str | None) -> None:
    """Remove one fault rule, or all of them."""
    answer = client.call("DELETE", f"/faults/{named(rule_id)}" if rule_id else "/faults")
    if wants_json():
        print_json(answer)
    else:
        print_line(f"Removed fault rule {rule_id}." if rule_id else "Removed all fault rules.")


def _pair(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        fail(f"fault add: {text}: must be KEY=VALUE")
    if key in TEXTS:
        return key, value
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value  # the server says what is allowed


def rule_text(rule: Mapping[str, Any]) -> str:
    """A rule as `fault add` takes it."""
    pairs = ((key, value) for key, value in rule.items() if key not in ("id", "hits"))
    return " ".join(f"{key}={value if isinstance(value, str) else _compact(value)}" for key, value in pairs)


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
