"""`pkb-sandbox hl7`: send messages, or report how PKB would process them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from sandbox.cli.command import fail
from sandbox.settings import Settings

if TYPE_CHECKING:
    from sandbox.hl7.files import FileMessage

URL = "PKB_SANDBOX_URL"
DEFAULT_URL = "http://127.0.0.1:8080"


@click.group()
def hl7() -> None:
    """Send or check HL7 v2 messages.

    FILES are paths, names of examples such as adt_a28, or - for standard input. A file may contain several
    messages, each starting with MSH on a new line. Batches, MLLP framing, UTF-8 and UTF-16 are accepted.
    """


@hl7.command()
@click.argument("files", nargs=-1, required=True)
@click.option("--url", default=DEFAULT_URL, envvar=URL, show_default=True, help="Base URL of a running sandbox.")
@click.option("--user", default="org_northmoor", show_default=True, help="HL7 user name.")
@click.option("--password", default="northmoor-Hl7-2026", show_default=True, help="HL7 password.")
def send(files: tuple[str, ...], url: str, user: str, password: str) -> None:
    """Wrap messages in SOAP, send them in order, and print the acknowledgements.

    Exit code 0: all accepted, 1: at least one rejected, 2: a file or the server cannot be used.
    """
    from sandbox.hl7.client import Unanswered, post

    accepted = True
    for message in _read(files):
        try:
            reply = post(url, user, password, message.text)
        except Unanswered as error:
            fail(f"{message.name}: {error}")
        click.echo(reply.replace("\r", "\n"))
        accepted = accepted and "\rMSA|AA|" in reply
    sys.exit(0 if accepted else 1)


@hl7.command()
@click.argument("files", nargs=-1, required=True)
@click.option("--url", envvar=URL, help="Base URL of a running sandbox to check against; default: a new world.")
@click.option("--admin-token", envvar="PKB_SANDBOX_ADMIN_TOKEN", help="Admin token of the running sandbox.")
@click.option("--world", help="World to check against without --url; default: the supplied world.")
@click.option("--user", help="HL7 user name of the sender; default: the first in the world.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, as the control API returns it; a list for several messages."
)
def lint(
    files: tuple[str, ...], url: str | None, admin_token: str | None, world: str | None, user: str | None, as_json: bool
) -> None:
    """Report what PKB would use, ignore, reject and create from messages, without sending them.

    Exit code 0: all would be accepted, 1: at least one would not, 2: a file, world or server cannot be used.
    """
    from sandbox.hl7.lint import as_text

    if url and world:
        fail(f"--world {world}: the running sandbox at {url} has its own world")
    messages = _read(files)
    check = _asking(url, admin_token, user) if url else _here(world or "default", user)
    outcomes = [check(message) for message in messages]
    if as_json:
        click.echo(json.dumps(outcomes if len(outcomes) > 1 else outcomes[0], indent=2, ensure_ascii=False))
    else:
        for message, outcome in zip(messages, outcomes, strict=True):
            click.echo(as_text(message.name, outcome))
    sys.exit(0 if all(outcome["ack"] == "AA" for outcome in outcomes) else 1)


@hl7.command()
@click.option("--json", "as_json", is_flag=True, help="Print names, types and texts as JSON.")
def examples(as_json: bool) -> None:
    """List the supplied example messages, whose names `send` and `lint` accept."""
    from sandbox.hl7.files import examples as shipped
    from sandbox.hl7.profiles import of_type
    from sandbox.hl7.segments import parse

    rows = []
    for name, text in shipped().items():
        type_ = parse(text).type
        rows.append({"name": name, "type": type_, "about": of_type(type_)[0].text, "text": text})
    if as_json:
        click.echo(json.dumps({"examples": rows}, indent=2, ensure_ascii=False))
        return
    for row in rows:
        click.echo(f"{row['name']:<22} {row['type']:<8} {row['about']}")


def _read(files: tuple[str, ...]) -> list[FileMessage]:
    """All messages of the files, before anything is done with the first."""
    from sandbox.hl7.files import Unusable, read_all

    try:
        return read_all(files)
    except Unusable as error:
        fail(str(error))


def _here(world: str, user: str | None) -> Callable[[FileMessage], dict[str, Any]]:
    """The linter of this process, against a fresh world."""
    from sandbox.errors import SandboxError
    from sandbox.hl7.lint import lint as lint_here
    from sandbox.hl7.lint import sender
    from sandbox.worlds.workspaces import Workspaces

    try:
        principal = sender(Workspaces(Settings(world=world, seed=1)).default, user)
    except SandboxError as error:
        fail(f"hl7 lint: {error}")
    return lambda message: lint_here(principal, message.text)


def _asking(url: str, admin_token: str | None, user: str | None) -> Callable[[FileMessage], dict[str, Any]]:
    """The linter of a running sandbox, against its world as it is."""
    from sandbox.hl7.client import Unanswered, ask_linter

    def ask(message: FileMessage) -> dict[str, Any]:
        try:
            return ask_linter(url, message.text, user, admin_token)
        except Unanswered as error:
            fail(f"{message.name}: {error}")

    return ask
