"""`pkb-sandbox hl7`: send messages, or say what would become of them."""

from __future__ import annotations

import json
import sys

import click

from sandbox.cli.command import fail
from sandbox.settings import Settings


@click.group()
def hl7() -> None:
    """Send or check HL7 v2 messages."""


@hl7.command()
@click.argument("files", nargs=-1, required=True)
@click.option("--url", default="http://127.0.0.1:8080", show_default=True, help="Base URL of a running sandbox.")
@click.option("--user", default="org_northmoor", show_default=True, help="HL7 user name.")
@click.option("--password", default="northmoor-Hl7-2026", show_default=True, help="HL7 password.")
def send(files: tuple[str, ...], url: str, user: str, password: str) -> None:
    """Wrap messages in SOAP and send them. FILES are paths, or names of examples such as adt_a28.

    A file may hold several messages, each of which begins on a line of its own.
    """
    from urllib.error import HTTPError
    from xml.etree.ElementTree import ParseError

    from sandbox.hl7.client import example, messages, post

    accepted = True
    for name in files:
        try:
            for message in messages(example(name)):
                reply = post(url, user, password, message)
                click.echo(reply.replace("\r", "\n"))
                accepted = accepted and "\rMSA|AA|" in reply
        except HTTPError as error:
            with error:
                fail(f"{name}: {error}")
        except (OSError, ValueError) as error:
            fail(f"{name}: {error}")
        except ParseError:
            fail(f"{name}: what answered at {url} is no SOAP service")
    sys.exit(0 if accepted else 1)


@hl7.command()
@click.argument("files", nargs=-1, required=True)
@click.option("--world", default="default", show_default=True, help="World that the message would meet.")
@click.option("--user", default=None, help="HL7 user name that would send it; default is the world's first.")
@click.option("--json", "as_json", is_flag=True, help="As the control API gives it.")
def lint(files: tuple[str, ...], world: str, user: str | None, as_json: bool) -> None:
    """Say what PKB would require, use, ignore, reject and create, without sending anything."""
    from sandbox.errors import SandboxError
    from sandbox.hl7.client import example
    from sandbox.hl7.lint import as_text, lint, sender
    from sandbox.workspace import Workspaces

    try:
        principal = sender(Workspaces(Settings(world=world, seed=1)).default, user)
    except SandboxError as error:
        fail(f"hl7 lint: {error}")
    accepted = True
    for name in files:
        try:
            found = lint(principal, example(name))
        except (OSError, ValueError) as error:
            fail(f"{name}: {error}")
        click.echo(json.dumps(found, indent=2, ensure_ascii=False) if as_json else as_text(name, found))
        accepted = accepted and found["ack"] == "AA"
    sys.exit(0 if accepted else 1)
