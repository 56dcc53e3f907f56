"""The options that select the server and the world of a client command; they may stand before a subcommand too."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from sandbox.cli.command import fail
from sandbox.cli.control_client import CallFailed, ControlClient

DEFAULT_URL = "http://127.0.0.1:8080"
URL, TOKEN, TOKEN_FILE, WORKSPACE, JSON = "url", "admin_token", "admin_token_file", "workspace", "as_json"
HELP = {
    URL: "Base URL of the running sandbox.",
    TOKEN: "Admin token, if the server requires one.",
    TOKEN_FILE: "File that contains the admin token.",
    WORKSPACE: "Workspace to act on; default: the default workspace.",
}
Function = Callable[..., None]


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Store a value for subcommands: the command line takes precedence, and on it the last value."""
    name = str(parameter.name)
    if name not in context.meta or context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
        context.meta[name] = value


def server_parameters(url: str | None = DEFAULT_URL) -> list[click.Option]:
    """The options, with a default for the URL; None where a command can do without a server."""
    parameters: list[click.Option] = []
    for name, text in HELP.items():
        default = url if name == URL else None
        parameters.append(
            click.Option(
                [f"--{name.replace('_', '-')}"],
                envvar=f"PKB_SANDBOX_{name.upper()}",
                default=default,
                show_default=default is not None,
                expose_value=False,
                callback=_remember,
                help=text,
            )
        )
    return parameters


def json_parameter() -> click.Option:
    text = "Print JSON, as the control API returns it."
    return click.Option(["--json", JSON], is_flag=True, expose_value=False, callback=_remember, help=text)


def wants_json() -> bool:
    return bool(click.get_current_context().meta.get(JSON))


def connection() -> ControlClient | None:
    """The server and world that the options name; None without a URL.

    Exits with 2 when the file of the token cannot be used.
    """
    meta = click.get_current_context().meta
    url, token, file = meta.get(URL), meta.get(TOKEN), meta.get(TOKEN_FILE)
    if file and not token:
        try:
            # Editors of Windows may begin a file with a byte order mark.
            token = Path(file).read_text(encoding="utf-8-sig").strip()
        except (OSError, ValueError) as error:
            fail(f"--admin-token-file {file}: cannot be read ({error})")
    workspace = meta.get(WORKSPACE) or None
    if not url:
        # Only a running server has workspaces.
        url = DEFAULT_URL if workspace else ""
    return ControlClient(url=url, admin_token=token or None, workspace=workspace) if url else None


def client_command(*, url: str | None = DEFAULT_URL, json: bool = True) -> Callable[[Function], Function]:
    """Make a function a command that calls a running sandbox. Its first argument is the client, None without a URL.

    A failed call is one line and an exit code. `json` says whether the command takes `--json`.
    """

    def decorate(function: Function) -> Function:
        @wraps(function)
        def run(**arguments: Any) -> None:
            try:
                function(connection(), **arguments)
            except CallFailed as error:
                click.echo(f"pkb-sandbox: {error}", err=True)
                sys.exit(error.exit_code)

        parameters = [*server_parameters(url), *([json_parameter()] if json else [])]
        # click reads this list from its end, because decorators are applied from the last one.
        run.__click_params__ = parameters[::-1]  # type: ignore[attr-defined]
        return run

    return decorate


class ClientGroup(click.Group):
    """A group of commands that call a running sandbox; it takes their options as well."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.params += [*server_parameters(), json_parameter()]
