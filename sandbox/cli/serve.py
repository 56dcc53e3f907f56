"""`pkb-sandbox serve`: the settings as options, and the server in its own process."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import Field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from sandbox.base import datafiles
from sandbox.cli.collecting import collect_rarely
from sandbox.cli.command import fail
from sandbox.cli.exit_codes import DATA_UNUSABLE, DONE, PORT_TAKEN
from sandbox.cli.log_lines import LineRecord, LogLines
from sandbox.errors import Invalid, SandboxError, Unusable
from sandbox.settings import SETTINGS, Settings

if TYPE_CHECKING:
    from sandbox.server import SandboxServer

FIRST_PROCESS = 1
"""Process id of what a container runs. Linux ignores SIGTERM there unless it is handled, also while it starts."""


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """Build one option for each row of the settings, with its environment variable."""
    # Reversed, because decorators are applied from the last one, and the help lists them in their order.
    for setting in reversed(SETTINGS):
        command = _option(setting)(command)
    return command


def _option(setting: Field[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    name = setting.name.replace("_", "-")
    choices, default = setting.metadata["choices"], setting.default
    flag = f"--{name}/--no-{name}" if isinstance(default, bool) else f"--{name}"
    several = isinstance(default, tuple)
    kind: Any = click.Choice(choices) if choices else int if default is None else str if several else type(default)
    return click.option(
        flag,
        setting.name,
        type=None if isinstance(default, bool) else kind,
        default=default,
        multiple=several,
        show_default=default not in ("", None, ()),
        help=setting.metadata["help"],
        envvar=f"PKB_SANDBOX_{setting.name.upper()}",
    )


def _read_config(context: click.Context, _: click.Parameter, file: str | None) -> None:
    """Read the settings of a TOML file, which command line and environment override. Exits with 2 on an unknown key."""
    if file is None:
        return
    try:
        values = datafiles.read_toml(Path(file))
    except (OSError, RecursionError, ValueError) as error:
        fail(f"--config {file}: {error}")
    names = {setting.name for setting in SETTINGS}
    unknown = sorted(set(values) - names)
    if unknown:
        fail(f"--config {file}: unknown setting {unknown[0]!r}")
    several = {setting.name for setting in SETTINGS if isinstance(setting.default, tuple)}
    context.default_map = {
        name: [value] if name in several and isinstance(value, str) else value for name, value in values.items()
    }


@click.command(short_help="Start all APIs on one port, with the default world.")
@click.option("--config", is_eager=True, expose_value=False, callback=_read_config, help="TOML file with settings.")
@_options
def serve(**options: Any) -> None:
    """Start all APIs on one port, in memory, with the default world."""
    gc.disable()  # a start makes half a million objects and almost no garbage
    if os.getpid() == FIRST_PROCESS:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(DONE))
    _check_options(options)
    try:
        settings = Settings(**options)
    except Invalid as error:
        fail(error.text)
    _configure_log()
    pkb = _bound_server(settings)
    _serve(pkb)


def _serve(pkb: SandboxServer) -> None:
    """Serve until the end. Exits as `_bound_server` does for a world that is loaded only now."""
    from sandbox.web_server.sockets import PortTaken

    def on_ready() -> None:
        collect_rarely()
        _print_ready(pkb)

    try:
        pkb.serve(on_ready)
    except SandboxError as error:
        _refuse(pkb.settings, error)
    except PortTaken as error:
        click.echo(str(error), err=True)
        sys.exit(PORT_TAKEN)


def _refuse(settings: Settings, error: SandboxError) -> NoReturn:
    # Errors about another setting than the world name it themselves.
    fail(str(error) if error.text.startswith("--") else f"--world {settings.world}: {error}")


def _configure_log() -> None:
    # The format ends in Z, so the times must be in UTC.
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    # Only the time is in front of a message: nothing else is looked up (https://docs.python.org/3/howto/logging.html).
    logging._srcfile = None
    logging.setLogRecordFactory(LineRecord)
    # The sandbox prints its own address when it is ready; uvicorn would print it a second time.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)


def _bound_server(settings: Settings) -> SandboxServer:
    """Load the world and bind the ports. Exits with 2 on a refused setting, with `DATA_UNUSABLE` on a
    data file that cannot be used, with `PORT_TAKEN` on a port in use."""
    # Imported only now: `--help` and a wrong option are answered without the time that these imports take.
    from sandbox.server import SandboxServer
    from sandbox.web_server.sockets import PortTaken

    try:
        pkb = SandboxServer(settings, at_once=True)
    except Unusable as error:
        click.echo(f"pkb-sandbox: {error}", err=True)
        sys.exit(DATA_UNUSABLE)
    except SandboxError as error:
        _refuse(settings, error)
    try:
        pkb.bind()
    except SandboxError as error:
        fail(str(error))
    except PortTaken as error:
        click.echo(str(error), err=True)
        sys.exit(PORT_TAKEN)
    return pkb


def _print_ready(pkb: SandboxServer) -> None:
    from sandbox.cli.banner import banner
    from sandbox.cli.output import print_text
    from sandbox.http.sender import expects_proxy

    click.echo(banner(pkb.workspaces.default, pkb.base_url, pkb.hl7_url, str(pkb.certificate_file or "")))
    if pkb.settings.mllp_port:
        from sandbox.hl7.mllp_listener import NOTE

        print_text(f"  MLLP on port {pkb.settings.mllp_port}. {NOTE}")
    if pkb.workspaces.token_needed:
        click.echo("  control calls need the configured admin token, in this header:")
        click.echo("    Authorization: Bearer <token>")
    elif pkb.settings.admin_token:
        click.echo("  control calls from other machines need this header:")
        click.echo(f"    Authorization: Bearer {pkb.settings.admin_token}")
    if not pkb.workspaces.token_needed and expects_proxy(pkb.settings):
        print_text("  A proxy on this machine must send X-Forwarded-For: without it, or --admin-token, its clients may")
        print_text("  use the control API.")
    sys.stdout.flush()


def _check_options(options: dict[str, Any]) -> None:
    """Exit with 2 on a setting that has an invalid value; the message names both."""
    from sandbox.base.clock import Clock
    from sandbox.http.forwarded import is_base_url

    try:
        Clock.parse(options["clock"])
    except ValueError:
        fail(f"--clock {options['clock']}: must be 'real' or an ISO 8601 time")
    if options["data_journal"] and not options["data"]:
        fail("--data-journal: needs --data FILE, which it keeps the journal in")
    if options["base_url"] and not is_base_url(options["base_url"]):
        fail(f"--base-url {options['base_url']}: must be an http or https URL: host, optional port and path")
