"""The command line. Exit codes: 0 clean, 2 bad option, 3 port taken, 4 data file unusable."""

from __future__ import annotations

import gc
import json
import logging
import sys
import tomllib
from collections.abc import Callable
from dataclasses import Field
from pathlib import Path
from typing import Any, NoReturn

import click

from sandbox import __version__
from sandbox.settings import SETTINGS, Settings

BAD_OPTION, PORT_TAKEN = 2, 3
ENDPOINTS = ("facade", "messaging", "customer-stu3", "customer-r4", "aggregated")
NEW_OBJECTS = 50_000
"""How many more objects there must be before the garbage collector looks at the youngest."""
LATER = ("guide", "verify", "replay")
"""Commands whose capability is still to come: they say so, with exit code 2."""


class OneLine(click.Group):
    """A group that says what is wrong with an option in one line."""

    def main(self, *args: Any, **options: Any) -> Any:
        try:
            return super().main(*args, **{**options, "standalone_mode": False})
        except click.UsageError as error:
            text = error.format_message()
            if text.startswith("Usage:"):  # no arguments at all: the help is the answer
                click.echo(text, err=True)
                sys.exit(BAD_OPTION)
            _fail(" ".join(text.split()))
        except click.exceptions.Exit as ended:
            sys.exit(ended.exit_code)
        except click.Abort:
            sys.exit(1)


@click.group(cls=OneLine, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pkb-sandbox")
def main() -> None:
    """A local server that behaves as the Patients Know Best APIs do."""


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """One option for each row of the settings, with its environment variable."""
    for setting in reversed(SETTINGS):
        command = _option(setting)(command)
    return command


def _option(setting: Field[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    name = setting.name.replace("_", "-")
    choices, default = setting.metadata["choices"], setting.default
    flag = f"--{name}/--no-{name}" if isinstance(default, bool) else f"--{name}"
    several = isinstance(default, tuple)
    kind: Any = (
        click.Choice(choices) if choices else int if setting.name == "seed" else str if several else type(default)
    )
    help_ = setting.metadata["help"] + (" Not yet." if setting.metadata["later"] else "")
    return click.option(
        flag,
        setting.name,
        type=None if isinstance(default, bool) else kind,
        default=default,
        multiple=several,
        show_default=default not in ("", None, ()),
        help=help_,
        envvar=f"PKB_SANDBOX_{setting.name.upper()}",
    )


def _read_config(context: click.Context, _: click.Parameter, file: str | None) -> None:
    """The settings of a TOML file, below the command line and the environment. Exits with 2 on an unknown key."""
    if file is None:
        return
    try:
        given = tomllib.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        _fail(f"--config {file}: {error}")
    known = {setting.name for setting in SETTINGS}
    unknown = sorted(set(given) - known)
    if unknown:
        _fail(f"--config {file}: unknown setting {unknown[0]!r}")
    context.default_map = given


@main.command()
@click.option("--config", is_eager=True, expose_value=False, callback=_read_config, help="TOML file with settings.")
@_options
def serve(**options: Any) -> None:
    """Start everything on one port, in memory, with the default world."""
    _check(options)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    # The line is the message alone: so nothing else is looked up for it (https://docs.python.org/3/howto/logging.html).
    logging.logThreads = logging.logMultiprocessing = logging.logProcesses = False
    logging._srcfile = None
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    from sandbox.banner import banner
    from sandbox.errors import SandboxError
    from sandbox.server import PortTaken, Sandbox, loopback

    _expect_to_grow()
    try:
        pkb = Sandbox(Settings(**options))
    except SandboxError as error:
        _fail(str(error) if error.text.startswith("--") else f"--world {options['world']}: {error}")
    try:
        pkb.bind()
    except SandboxError as error:
        _fail(str(error))
    except PortTaken as error:
        click.echo(str(error), err=True)
        sys.exit(PORT_TAKEN)

    def ready() -> None:
        click.echo(banner(pkb.workspaces.default, pkb.base_url))
        if pkb.settings.mllp_port:
            from sandbox.hl7.mllp_listener import NOTE

            click.echo(f"  MLLP on port {pkb.settings.mllp_port}. {NOTE}")
        if not loopback(pkb.settings.host):
            click.echo(f"  control calls from elsewhere need: Authorization: Bearer {pkb.settings.admin_token}")
        sys.stdout.flush()

    # What a world starts with stays: nobody has to look at it again.
    gc.collect()
    gc.freeze()
    pkb.serve(ready)


def _expect_to_grow() -> None:
    """Has the garbage collector look less often: a record grows, and little in it is ever garbage.

    Looking at everything again for each few hundred new objects costs a tenth of what a laboratory message takes. It is
    for a process of our own only: a test that holds a `Sandbox` keeps its settings.
    """
    gc.set_threshold(NEW_OBJECTS, 50, 100)


def _check(options: dict[str, Any]) -> None:
    """Exits with 2 on a setting that is not built yet, or whose value cannot be used; names both."""
    for setting in SETTINGS:
        if setting.metadata["later"] and options[setting.name] != setting.default:
            _fail(f"--{setting.name.replace('_', '-')} {options[setting.name]}: not yet")
    from sandbox.clock import Clock

    try:
        Clock.parse(options["clock"])
    except ValueError:
        _fail(f"--clock {options['clock']}: neither 'real' nor an ISO 8601 instant")
    for name in ("port", "mllp_port"):
        if not 0 <= options[name] <= 65535:
            _fail(f"--{name.replace('_', '-')} {options[name]}: not a port")
    if options["max_body_bytes"] < 1:
        _fail(f"--max-body-bytes {options['max_body_bytes']}: must be positive")
    ready_file = Path(options["ready_file"] or "unused").resolve()
    if ready_file.is_dir() or not ready_file.parent.is_dir():
        _fail(f"--ready-file {options['ready_file']}: not a file in a folder that exists")
    if options["base_url"] and not options["base_url"].startswith(("http://", "https://")):
        _fail(f"--base-url {options['base_url']}: must begin with http:// or https://")


def _fail(text: str) -> NoReturn:
    click.echo(f"pkb-sandbox: {text}", err=True)
    sys.exit(BAD_OPTION)


@main.command()
@click.argument("integration_type", type=click.Choice(("customer", "partner", "app")), required=False)
def access(integration_type: str | None) -> None:
    """Show the selection table: what each type may do, with which credential, and why."""
    from sandbox.access.matrix import matrix

    for cell in matrix().values():
        type_, api, action = cell.cell.split(".")
        if integration_type in (None, type_):
            with_ = f" with {cell.credential}" if cell.credential else ""
            click.echo(f"{type_:<9} {api:<11} {action:<26} {cell.decision}{with_}: {cell.reason}")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="As the control API gives them.")
@click.option("--world", default="default", show_default=True, help="World whose credentials to show.")
def credentials(as_json: bool, world: str) -> None:
    """Show the credentials of a world."""
    from sandbox.access.credentials import listed
    from sandbox.errors import SandboxError
    from sandbox.workspace import Workspaces

    try:
        shown = listed(Workspaces(Settings(world=world, seed=1)).default)
    except SandboxError as error:
        _fail(f"--world {world}: {error}")
    if as_json:
        click.echo(json.dumps({"credentials": shown}, indent=2, ensure_ascii=False))
        return
    for one in shown:
        id_ = one.get("username") or one["client_id"]
        secret = one.get("password") or one.get("client_secret") or one.get("refresh_token") or "no secret"
        click.echo(f"{one['kind']:<30} {id_:<20} {secret:<34} {', '.join(one['apis'])}")


@main.group()
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
                _fail(f"{name}: {error}")
        except (OSError, ValueError) as error:
            _fail(f"{name}: {error}")
        except ParseError:
            _fail(f"{name}: what answered at {url} is no SOAP service")
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
        _fail(f"hl7 lint: {error}")
    accepted = True
    for name in files:
        try:
            found = lint(principal, example(name))
        except (OSError, ValueError) as error:
            _fail(f"{name}: {error}")
        click.echo(json.dumps(found, indent=2, ensure_ascii=False) if as_json else as_text(name, found))
        accepted = accepted and found["ack"] == "AA"
    sys.exit(0 if accepted else 1)


@main.command()
@click.option("--patients", type=int, default=100, show_default=True, help="How many people to invent.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same number makes the same world.")
@click.option(
    "-o",
    "--output",
    default="synthetic-world",
    show_default=True,
    help="Folder to write to; a world that was made there before is replaced.",
)
@click.option("--as-of", default="2026-01-01T09:00:00Z", show_default=True, help="The day on which the world stands.")
def generate(patients: int, seed: int, output: str, as_of: str) -> None:
    """Invent people, with records, HL7 messages and FHIR resources: a world for `serve --world`."""
    from sandbox.clock import Clock
    from sandbox.errors import SandboxError
    from sandbox.generate.folder import Plan, write

    try:
        at = Clock.parse(as_of).now()
    except ValueError:
        _fail(f"generate: --as-of {as_of}: no ISO 8601 instant")
    try:
        with click.progressbar(length=patients, label="people", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
            write(Path(output), Plan(patients=patients, seed=seed, as_of=at), lambda: bar.update(1))
    except SandboxError as error:
        _fail(f"generate: {error}")
    click.echo(f"{patients} people in {output}: serve them with `pkb-sandbox serve --world {output}`")


@main.command()
@click.argument("endpoint", type=click.Choice(ENDPOINTS), default="facade")
def capabilities(endpoint: str) -> None:
    """Print the CapabilityStatement of an endpoint."""
    from sandbox import datafiles

    file = datafiles.path(f"capability_statements/{endpoint.replace('-', '_')}.json")
    click.echo(file.read_text(encoding="utf-8"), nl=False)


@main.command()
@click.argument("api", type=click.Choice(("rest", "control")), default="control")
def openapi(api: str) -> None:
    """Print the OpenAPI document of an API."""
    from sandbox.app import control_openapi
    from sandbox.rest.openapi import document

    make = document if api == "rest" else control_openapi
    click.echo(json.dumps(make("http://127.0.0.1:8080"), indent=2))


@main.command("docs-facts")
def docs_facts() -> None:
    """Print every behaviour with its standing and source."""
    from sandbox.facts import ledger

    for fact in ledger().values():
        click.echo(f"{fact.standing:<11} {fact.id:<48} {fact.text} [{fact.source}] ({fact.where})")


def _later(name: str) -> click.Command:
    def refuse(**_: Any) -> None:
        _fail(f"{name}: not yet")

    arguments = click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED)
    context = {"ignore_unknown_options": True}
    return click.Command(name, callback=refuse, params=[arguments], help="Not yet.", context_settings=context)


for _name in LATER:
    main.add_command(_later(_name))
