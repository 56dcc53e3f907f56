"""Error reporting that all commands share: one line, and the exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Any, NoReturn

import click

from sandbox.cli.exit_codes import BAD_OPTION, FAILED

MODULES = (
    "access",
    "ca",
    "checkpoint",
    "clock",
    "conformance",
    "credentials",
    "data",
    "examples",
    "fault",
    "generate",
    "guide",
    "hl7",
    "open",
    "record",
    "replay",
    "serve",
    "tail",
    "verify",
    "workspace",
)
"""Commands that are imported when they are called, each from the module of its name: `serve` waits for no other."""


class OneLine(click.Group):
    """A command group that reports an invalid option in one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        self._load(MODULES)
        return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        is_name = cmd_name in self.commands or cmd_name in MODULES
        self._load((cmd_name,) if is_name else MODULES)  # all of them to say which one may be meant
        return super().get_command(ctx, cmd_name)

    def _load(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in self.commands:
                self.add_command(getattr(import_module(f"sandbox.cli.{name}"), name))

    def main(self, *args: Any, **options: Any) -> Any:
        try:
            # click would print its own two lines about a usage error, and choose its own exit code.
            return super().main(*args, **{**options, "standalone_mode": False})
        except click.UsageError as error:
            text = error.format_message()
            if text.startswith("Usage:"):  # no arguments at all: the help is the answer
                click.echo(text, err=True)
                sys.exit(BAD_OPTION)
            fail(" ".join(text.split()))
        except click.exceptions.Exit as ended:
            sys.exit(ended.exit_code)
        except click.Abort:
            sys.exit(FAILED)


def fail(text: str) -> NoReturn:
    """Print the error and exit with code 2."""
    click.echo(f"pkb-sandbox: {text}", err=True)
    sys.exit(BAD_OPTION)
