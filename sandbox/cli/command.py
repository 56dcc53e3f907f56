"""Error reporting that all commands share: one line, and the exit code."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

import click

BAD_OPTION, PORT_TAKEN = 2, 3


class OneLine(click.Group):
    """A command group that reports an invalid option in one line."""

    def main(self, *args: Any, **options: Any) -> Any:
        try:
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
            sys.exit(1)


def fail(text: str) -> NoReturn:
    """Print the error and exit with code 2."""
    click.echo(f"pkb-sandbox: {text}", err=True)
    sys.exit(BAD_OPTION)
