"""The page of the command line, made from the commands themselves."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from sandbox.cli import main
from sandbox.cli.server_options import HELP, JSON, URL, json_parameter, server_parameters

CLIENT = frozenset((*HELP, JSON))
SETTINGS = "serve"
"""The command whose options are the settings, which have a page of their own."""


def cli() -> Iterator[str]:
    yield "## Options of commands that call a running sandbox"
    yield ""
    yield "Groups of such commands take them too: `pkb-sandbox clock --url URL show`."
    yield ""
    yield from _options([*server_parameters(), json_parameter()])
    yield from _commands(main, "pkb-sandbox")


def _commands(group: click.Group, path: str) -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        if isinstance(command, click.Group):
            yield from _section(command, f"{path} {name}")
            yield from _commands(command, f"{path} {name}")
        else:
            yield from _section(command, f"{path} {name}")


def _section(command: click.Command, path: str) -> Iterator[str]:
    context = click.Context(command)
    arguments = [
        parameter.make_metavar(context) for parameter in command.params if isinstance(parameter, click.Argument)
    ]
    yield f"{'##' if path.count(' ') == 1 else '###'} {' '.join((path, *arguments))}"
    yield ""
    yield _text(command.help or "")
    yield ""
    if isinstance(command, click.Group):
        return
    yield from _calls(command)
    options = [option for option in command.params if isinstance(option, click.Option) and option.name not in CLIENT]
    if command.name == SETTINGS:
        yield "Options: [settings](settings.md), and `--config FILE`, a TOML file with settings."
        yield ""
    elif options:
        yield from _options(options)


def _calls(command: click.Command) -> Iterator[str]:
    """Whether the command calls a running sandbox, and whether it prints JSON."""
    url = next((parameter for parameter in command.params if parameter.name == URL), None)
    calls = "" if url is None else "Calls a running sandbox" + (". " if url.default else " if `--url` is given. ")
    json = "Takes `--json`." if any(parameter.name == JSON for parameter in command.params) else ""
    if calls or json:
        yield (calls + json).strip()
        yield ""


def _options(options: list[click.Option]) -> Iterator[str]:
    yield "| option | environment | default | what it does |"
    yield "|---|---|---|---|"
    for option in options:
        if option.hidden:
            continue
        names = "/".join((*option.opts, *option.secondary_opts))
        value = "" if option.is_flag else f" {option.metavar or option.type.name.upper()}"
        default = f"`{option.default}`" if option.show_default and option.default is not None else ""
        environment = f"`{option.envvar}`" if option.envvar else ""
        yield f"| `{names}{value}` | {environment} | {default} | {(option.help or '').replace('|', chr(92) + '|')} |"
    yield ""


def _text(help_: str) -> str:
    """The help of a command as a paragraph each."""
    paragraphs = inspect.cleandoc(help_).split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
