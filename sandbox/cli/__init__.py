"""The command line. Exit codes: 0 clean, 2 bad option, 3 port taken, 4 data file unusable."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from sandbox import __version__
from sandbox.cli.command import OneLine, fail

ENDPOINTS = ("facade", "messaging", "customer-stu3", "customer-r4", "aggregated")


@click.group(cls=OneLine, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pkb-sandbox")
def main() -> None:
    """Run a local server that behaves like the Patients Know Best APIs."""


@main.command()
@click.option("--patients", type=int, default=100, show_default=True, help="Number of synthetic patients.")
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Random seed; the same seed generates the same world."
)
@click.option(
    "-o",
    "--output",
    default="synthetic-world",
    show_default=True,
    help="Folder to write to; an earlier generated world in it is replaced.",
)
@click.option(
    "--as-of", default="2026-01-01T09:00:00Z", show_default=True, help="Current time in the world, in ISO 8601."
)
def generate(patients: int, seed: int, output: str, as_of: str) -> None:
    """Generate a world for `serve --world`: synthetic patients, HL7 messages and FHIR resources."""
    from sandbox.clock import Clock
    from sandbox.errors import SandboxError
    from sandbox.synthetic.folder import WorldPlan, write

    try:
        at = Clock.parse(as_of).now()
    except ValueError:
        fail(f"generate: --as-of {as_of}: not an ISO 8601 time")
    try:
        with click.progressbar(
            length=patients, label="patients", file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as bar:
            write(Path(output), WorldPlan(patients=patients, seed=seed, as_of=at), lambda: bar.update(1))
    except SandboxError as error:
        fail(f"generate: {error}")
    click.echo(f"{patients} patients in {output}: serve them with `pkb-sandbox serve --world {output}`")


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
    from sandbox.control_calls import control_openapi
    from sandbox.rest.openapi import document

    make = document if api == "rest" else control_openapi
    click.echo(json.dumps(make("http://127.0.0.1:8080"), indent=2))


@main.command("docs-facts")
def docs_facts() -> None:
    """List every emulated behaviour with its standing and source."""
    from sandbox.facts import ledger

    for fact in ledger().values():
        click.echo(f"{fact.standing:<11} {fact.id:<48} {fact.text} [{fact.source}] ({fact.where})")
