"""`pkb-sandbox generate`: a synthetic world, as a folder or as one file, with its progress on stderr."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from sandbox.cli.command import fail
from sandbox.cli.exit_codes import TERMINATED

FORMATS = ("folder", "sqlite")
OUTPUT = "synthetic-world"
LINE_EVERY = 250
"""Patients between two lines about the progress where there is no terminal."""


@click.command(short_help="Generate a world with synthetic patients.")
@click.option("--patients", type=int, default=100, show_default=True, help="Number of synthetic patients.")
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Random seed; the same seed generates the same world."
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    default=FORMATS[0],
    show_default=True,
    help="Folder with HL7 messages, FHIR resources and the record, or one world file that opens at once.",
)
@click.option(
    "-o",
    "--output",
    default=OUTPUT,
    show_default=True,
    help="Folder or file to write; an earlier generated world is replaced. For sqlite, the default ends in .sqlite.",
)
@click.option(
    "--as-of", default="2026-01-01T09:00:00Z", show_default=True, help="Current time in the world, in ISO 8601."
)
def generate(patients: int, seed: int, format_: str, output: str, as_of: str) -> None:
    """Generate a world for `serve --world`: synthetic patients, HL7 messages and FHIR resources."""
    from sandbox.base.clock import Clock
    from sandbox.errors import SandboxError
    from sandbox.synthetic.folder import WorldPlan

    try:
        at = Clock.parse(as_of).now()
    except ValueError:
        fail(f"generate: --as-of {as_of}: not an ISO 8601 time")
    if format_ == "sqlite" and output == OUTPUT:
        output = f"{OUTPUT}.sqlite"
    # A half-written world is removed when the command is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    try:
        with _progress(patients) as on_person:
            _writer(format_)(Path(output), WorldPlan(patients=patients, seed=seed, as_of=at), on_person)
    except SandboxError as error:
        fail(f"generate: {error}")
    click.echo(f"{patients} patients in {output}: serve them with")
    click.echo(f"  pkb-sandbox serve --world {output}")


def _writer(format_: str) -> Callable[..., None]:
    from sandbox.synthetic import folder

    if format_ == "folder":
        return folder.write_world_folder
    from sandbox.synthetic import world_file  # it needs all of FHIR

    return world_file.write_world_file


@contextmanager
def _progress(patients: int) -> Iterator[Callable[[], None]]:
    """Show a bar on a terminal, else a line now and then. Yield the function to call after each patient."""
    if sys.stderr.isatty():
        with click.progressbar(length=patients, label="patients", file=sys.stderr) as bar:
            yield lambda: bar.update(1)
        return
    done = 0

    def count() -> None:
        nonlocal done
        done += 1
        if done % LINE_EVERY == 0:
            click.echo(f"{done:,} of {patients:,} patients written", err=True)

    yield count
