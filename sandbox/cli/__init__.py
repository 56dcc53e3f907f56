"""The command line. Exit codes: 0 clean, 2 bad option, 3 port taken, 4 data file unusable."""

from __future__ import annotations

import click

from sandbox import __version__
from sandbox.base.readable import render_readable
from sandbox.cli.command import OneLine

ENDPOINTS = ("facade", "messaging", "customer-stu3", "customer-r4", "aggregated")


@click.group(cls=OneLine, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pkb-sandbox")
def main() -> None:
    """Run a local server that behaves like the Patients Know Best APIs."""


@main.command()
@click.argument("endpoint", type=click.Choice(ENDPOINTS), default="facade")
def capabilities(endpoint: str) -> None:
    """Print the CapabilityStatement of an endpoint."""
    from sandbox.base import datafiles

    file = datafiles.path(f"capability_statements/{endpoint.replace('-', '_')}.json")
    click.echo(file.read_text(encoding="utf-8"), nl=False)


@main.command()
@click.argument("api", type=click.Choice(("rest", "control")), default="control")
def openapi(api: str) -> None:
    """Print the OpenAPI document of an API."""
    from sandbox.assembly.control_calls import control_openapi
    from sandbox.rest.openapi import document

    make = document if api == "rest" else control_openapi
    click.echo(render_readable(make("http://127.0.0.1:8080")))


@main.command("docs-facts")
def docs_facts() -> None:
    """List every emulated behaviour with its standing and source."""
    from sandbox.cli.output import print_text
    from sandbox.facts import ledger

    for fact in ledger().values():
        print_text(f"{fact.standing:<11} {fact.id}  {fact.text} [{fact.source}] ({fact.where})", hang=4)
