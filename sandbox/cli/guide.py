"""`pkb-sandbox guide`: the five steps of PKB's planning tutorial in the terminal, with a running sandbox.

Source: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364093979
"""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import click
from click.core import ParameterSource

from sandbox.access.matrix import ACTIONS, APIS, TYPES, matrix
from sandbox.cli.access import print_matrix
from sandbox.cli.control_client import CallFailed, ControlClient
from sandbox.cli.credentials import print_credentials
from sandbox.cli.output import print_line
from sandbox.cli.server_options import URL, client_command

Json = Mapping[str, Any]
MOST_LINES = 40
"""Lines of a response that are printed."""
REDIRECT = "http://localhost:8400/done"


@click.command(short_help="Walk through PKB's five planning steps.")
@click.option("--type", "type_", type=click.Choice(TYPES), help="Integration type, instead of the question.")
@click.option("--api", type=click.Choice(APIS), help="API, instead of the question.")
@client_command(json=False)
def guide(client: ControlClient, type_: str | None, api: str | None) -> None:
    """Walk through PKB's five planning steps: type, APIs, capabilities, credentials, hello world.

    Issues a credential and makes a first call. Without a running sandbox it starts one for the walk.
    """
    with _running(client) as running:
        type_ = type_ or _chosen_type()
        api = api or _chosen_api(type_)
        kind = _kind(type_, api)
        if kind is None:
            raise click.UsageError(f"{api}: no cell of the access matrix allows it to this type: {type_}")
        _show_capabilities(api)
        credential = _issue(running, kind)
        _say_hello(running, api, credential)


@contextmanager
def _running(client: ControlClient) -> Iterator[ControlClient]:
    """Yield the client of a running sandbox: the one at the URL, else one that is started for the walk."""
    try:
        client.call("GET", "/health/ready")
    except CallFailed:
        # A URL that was named is the server that was meant: another one in its place would mislead.
        if click.get_current_context().get_parameter_source(URL) is not ParameterSource.DEFAULT:
            raise
        from sandbox.server import SandboxServer

        print_line(f"No sandbox at {client.url}: one is started for this walk.", "yellow")
        with SandboxServer(port=0) as server:
            yield replace(client, url=server.base_url, workspace=None)
    else:
        yield client


def _heading(number: int, title: str) -> None:
    click.echo("")
    print_line(f"Step {number} of 5: {title}", bold=True)


def _chosen_type() -> str:
    """Ask for the integration type."""
    from sandbox.console.pages.start.words import words

    _heading(1, "integration type")
    options = [(type_, f"{words()['type'][type_]['text']} {words()['type'][type_]['example']}") for type_ in TYPES]
    return _choose("Which describes you?", options)


def _chosen_api(type_: str) -> str:
    """Show the matrix, and ask for one of the APIs that it allows."""
    from sandbox.console.pages.start.words import words

    _heading(2, "APIs")
    print_matrix(type_, [cell for address, cell in matrix().items() if address.startswith(f"{type_}.")])
    allowed = [(api, words()["api"][api]["text"]) for api in APIS if _kind(type_, api)]
    return _choose("Which API?", allowed)


def _choose(question: str, options: Sequence[tuple[str, str]]) -> str:
    """Ask for one of some options, by its number or its name."""
    for number, (name, text) in enumerate(options, 1):
        _print_text(f"{number} {name}: {text}")
    names = [name for name, _ in options]
    numbers = [str(number) for number in range(1, len(names) + 1)]
    answer = click.prompt(question, type=click.Choice([*numbers, *names], case_sensitive=False), show_choices=False)
    return names[int(answer) - 1] if answer in numbers else str(answer)


def _kind(type_: str, api: str) -> str | None:
    """Return the kind of credential for an API; None if every action is refused."""
    cells = [matrix()[f"{type_}.{api}.{action}"] for action in ACTIONS]
    return next((cell.credential for cell in cells if cell.decision == "allowed"), None)


def _show_capabilities(api: str) -> None:
    from sandbox.contract.coverage import offered_operations

    _heading(3, "capabilities")
    operations = sorted(offered_operations()[api])
    _print_text(f"{api} offers {len(operations)} operations: {', '.join(operations)}")


def _issue(client: ControlClient, kind: str) -> Json:
    """Issue a credential of the kind."""
    _heading(4, "credentials")
    organisation = client.call("GET", "/world")["organisations"][0]["id"]
    payload: dict[str, Any] = {"kind": kind, "name": "Guide"}
    if kind == "user-client":
        payload["redirect_uris"] = [REDIRECT]
    else:
        payload["organisation"] = organisation
    issued: Json = client.call("POST", "/credentials", payload)
    print_credentials([issued])
    print_line("POST /_sandbox/credentials issued it; PKB issues yours.")
    return issued


def _say_hello(client: ControlClient, api: str, credential: Json) -> None:
    from sandbox.cli.first_call import make_first_call

    _heading(5, "hello, world")
    hello = make_first_call(client, api, credential)
    for step in hello.steps:
        print_line(f"{step}")
    click.echo("")
    _print_block(hello.request)
    click.echo("")
    print_line(f"→ {hello.status}", "green" if hello.is_accepted else "yellow")
    _print_block(hello.response)
    click.echo("")
    print_line("The same steps in a browser: `pkb-sandbox serve`, then `pkb-sandbox open`.")


def _print_text(text: str) -> None:
    width = min(shutil.get_terminal_size().columns, 100)
    for line in textwrap.wrap(text, width, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False):
        print_line(line)


def _print_block(text: str) -> None:
    """Print lines as they are, cut to a number that a person reads."""
    lines = text.splitlines()
    for line in lines[:MOST_LINES]:
        print_line(f"  {line}")
    if len(lines) > MOST_LINES:
        print_line(f"  … {len(lines) - MOST_LINES} more lines")
