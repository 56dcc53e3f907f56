"""What all commands share: how they say no, in one line, and with which exit code."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

import click

BAD_OPTION, PORT_TAKEN = 2, 3


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
            fail(" ".join(text.split()))
        except click.exceptions.Exit as ended:
            sys.exit(ended.exit_code)
        except click.Abort:
            sys.exit(1)


def fail(text: str) -> NoReturn:
    """Says what is wrong and ends with 2."""
    click.echo(f"pkb-sandbox: {text}", err=True)
    sys.exit(BAD_OPTION)
