"""`pkb-sandbox data`: check, export or compact a data file of `serve --data` while no server uses it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sandbox.cli.command import fail
from sandbox.cli.exit_codes import DATA_UNUSABLE

if TYPE_CHECKING:
    from sandbox.store.durable.data_file import DataFile


@contextmanager
def _opened(path: str) -> Iterator[DataFile]:
    """Open a data file for a command. Exits with `DATA_UNUSABLE` and one line for one that cannot be used."""
    from sandbox.errors import NotStored, Unusable
    from sandbox.store.durable.data_file import DataFile

    try:
        file = DataFile(path, create=False)
        try:
            yield file
        except NotStored as error:
            raise Unusable(f"{path}: {error.reason}") from error
        finally:
            file.close()
    except Unusable as error:
        click.echo(f"pkb-sandbox: {error}", err=True)
        sys.exit(DATA_UNUSABLE)


@click.group(short_help="Check, export or compact a data file of `serve --data`.")
def data() -> None:
    """Check, export or compact a data file of `serve --data`; no server may be using it."""


@data.command(short_help="Read all of a data file; exit with 4 if it is damaged.")
@click.argument("file")
def check(file: str) -> None:
    """Read all of a data file, and exit with 4 and the reason if something in it is damaged."""
    from sandbox.settings import Settings
    from sandbox.store.durable import maintenance
    from sandbox.worlds.workspaces import Workspaces

    with _opened(file) as opened:
        rows = maintenance.check_rows(opened)
        # First, because a data file has one user at a time.
        opened.close()
        # Rows that can be read may still not make a world, so the file is also opened as `serve` does.
        Workspaces(Settings(data=file, data_journal=True)).close()
        click.echo(f"{file}: {rows} rows, all readable")


@data.command(short_help="Print a data file as one JSON object a line.")
@click.argument("file")
@click.option("-o", "--output", default="-", help="File to write to; default: standard output.")
def export(file: str, output: str) -> None:
    """Print a data file as one JSON object a line: each entity of each world, and what is kept beside them."""
    from sandbox.store.durable import maintenance

    with _opened(file) as opened:
        lines = (json.dumps(row) + "\n" for row in maintenance.export_rows(opened))
        if output == "-":
            for line in lines:
                click.echo(line, nl=False)
            return
        try:
            with Path(output).open("w", encoding="utf-8") as stream:
                stream.writelines(lines)
        except OSError as error:
            fail(f"data export: --output {output}: {error.strerror}")


@data.command(short_help="Drop what no world of a data file needs any more.")
@click.argument("file")
def compact(file: str) -> None:
    """Drop what no world of a data file needs any more, and give the room back to the disk."""
    before = Path(file).stat().st_size if Path(file).is_file() else 0
    with _opened(file) as opened:
        opened.compact()
    click.echo(f"{file}: {before} bytes before, {Path(file).stat().st_size} now")
