"""`pkb-sandbox hl7`: send messages, or report how PKB would process them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from sandbox.base.readable import render_readable
from sandbox.cli.command import fail
from sandbox.cli.control_client import CallFailed, ControlClient
from sandbox.cli.exit_codes import DONE, FAILED
from sandbox.cli.output import print_json, print_line, print_table, print_text
from sandbox.cli.server_options import client_command, wants_json
from sandbox.settings import Settings

if TYPE_CHECKING:
    from sandbox.hl7.files import FileMessage

USER, PASSWORD = "org_northmoor", "northmoor-Hl7-2026"
TEXT_AT = 22
"""Column at which the texts of findings begin, behind level and place."""


@click.group()
def hl7() -> None:
    """Send or check HL7 v2 messages.

    FILES are paths, names of examples such as adt_a28, or - for standard input. A file may contain several
    messages, each starting with MSH on a new line. Batches, MLLP framing, UTF-8 and UTF-16 are accepted.
    """


@hl7.command(short_help="Wrap messages in SOAP, send them, print the answers.")
@click.argument("files", nargs=-1, required=True)
@click.option("--user", help=f"HL7 user name; default: {USER}, or the first of the workspace.")
@click.option("--password", help="HL7 password; default: the one of that user.")
@client_command(json=False)
def send(client: ControlClient, files: tuple[str, ...], user: str | None, password: str | None) -> None:
    """Wrap messages in SOAP, send them in order, and print the acknowledgements.

    Exit code 0: all accepted, 1: at least one rejected, 2: a file or the server cannot be used.
    """
    from sandbox.hl7.client import Unanswered, post

    accepted = True
    messages = _read(files)
    sender = _sender(client, user, password)
    for message in messages:
        try:
            reply = post(client.url, *sender, message.text)
        except Unanswered as error:
            fail(f"{message.name}: {error}")
        # At a carriage return a terminal would write one segment over the other.
        click.echo(reply.replace("\r", "\n"))
        accepted = accepted and "\rMSA|AA|" in reply
    sys.exit(DONE if accepted else FAILED)


def _sender(client: ControlClient, user: str | None, password: str | None) -> tuple[str, str]:
    """Return HL7 user and password: the specified ones, else those of the workspace or the default world."""
    # In the default world no control call is needed, so that messages can be sent to servers with an admin token.
    if password is not None or not client.workspace:
        return user or USER, password if password is not None else PASSWORD
    try:
        rows = client.call("GET", "/credentials")["credentials"]
    except CallFailed as error:
        fail(f"hl7 send: {error}")
    senders = {row["username"]: row["password"] for row in rows if row["kind"].startswith("hl7-")}
    name = user or next(iter(senders), "")
    if name not in senders:
        fail(f"--user {name}: not an HL7 user of the workspace {client.workspace}; allowed: {', '.join(senders)}")
    return name, senders[name]


@hl7.command(short_help="Report what PKB would use, ignore, reject and create.")
@click.argument("files", nargs=-1, required=True)
@click.option("--world", help="World to check against without --url; default: the supplied world.")
@click.option("--user", help="HL7 user name of the sender; default: the first in the world.")
@client_command(url=None)
def lint(client: ControlClient | None, files: tuple[str, ...], world: str | None, user: str | None) -> None:
    """Report what PKB would use, ignore, reject and create from messages, without sending them.

    With --url, a running sandbox checks them against its world as it is. Exit code 0: all would be accepted, 1: at
    least one would not, 2: a file, world or server cannot be used.
    """
    from sandbox.hl7.lint import as_text

    if client and world:
        fail(f"--world {world}: the running sandbox at {client.url} has its own world")
    messages = _read(files)
    check = partial(_checked_by, client, user) if client else _linter_of_world(world or "default", user)
    outcomes = [check(message) for message in messages]
    if wants_json():
        print_json(outcomes if len(outcomes) > 1 else outcomes[0])
    else:
        for message, outcome in zip(messages, outcomes, strict=True):
            heading, *lines = as_text(message.name, outcome).splitlines()
            print_line(heading)  # never wrapped: it names a file
            for line in lines:
                print_text(line, hang=TEXT_AT)
    sys.exit(DONE if all(outcome["ack"] == "AA" for outcome in outcomes) else FAILED)


@hl7.command(short_help="List an example of each message.")
@click.option("--json", "as_json", is_flag=True, help="Print names, types and texts as JSON.")
def examples(as_json: bool) -> None:
    """List an example of each message, whose names `send` and `lint` accept.

    `pkb-sandbox examples list hl7` lists the variants and the refused messages, too; `send` and `lint` accept them.
    """
    from sandbox.examples.index import all_examples
    from sandbox.hl7.er7 import parse
    from sandbox.hl7.files import examples as shipped
    from sandbox.hl7.profiles import of_type

    rows = []
    for name, text in shipped().items():
        type_ = parse(text).type
        rows.append({"name": name, "type": type_, "about": of_type(type_)[0].text, "text": text})
    if as_json:
        click.echo(render_readable({"examples": rows}))
        return
    cells = [(row["name"], row["type"], all_examples()[row["name"]].title) for row in rows]
    print_table(("NAME", "TYPE", "TITLE"), cells, whole=("NAME", "TYPE"))


def _read(files: tuple[str, ...]) -> list[FileMessage]:
    """Read all messages of the files before using the first."""
    from sandbox.hl7.files import UnusableFile, read_all

    try:
        return read_all(files)
    except UnusableFile as error:
        fail(str(error))


def _linter_of_world(world: str, user: str | None) -> Callable[[FileMessage], dict[str, Any]]:
    """Return the linter of this process, against a fresh world."""
    from sandbox.errors import SandboxError
    from sandbox.hl7.lint import lint as lint_here
    from sandbox.hl7.lint import sender
    from sandbox.worlds.workspaces import Workspaces

    try:
        principal = sender(Workspaces(Settings(world=world, seed=1)).default, user)
    except SandboxError as error:
        fail(f"hl7 lint: {error}")
    return lambda message: lint_here(principal, message.text)


def _checked_by(client: ControlClient, user: str | None, message: FileMessage) -> dict[str, Any]:
    """Ask a running sandbox to lint a message. Exits with 2 if it cannot be asked."""
    try:
        outcome = client.call("POST", "/hl7/lint", {"text": message.text, **({"credential": user} if user else {})})
    except CallFailed as error:
        fail(f"{message.name}: {error}")
    if not isinstance(outcome, dict) or "findings" not in outcome:
        fail(f"{message.name}: {client.url} is not a PKB Sandbox")
    return outcome
