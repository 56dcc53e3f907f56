"""`pkb-sandbox verify`: the contract report of a running sandbox, and an exit code for pipelines."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from sandbox.base.readable import render_readable
from sandbox.cli.command import fail
from sandbox.cli.control_client import ControlClient
from sandbox.cli.exit_codes import FAILED
from sandbox.cli.server_options import client_command

Json = dict[str, Any]
LEVELS = ("refused", "advice", "choice", "inferred")
FILES = {
    "json": "the report as JSON",
    "junit": "the report as JUnit XML",
    "sarif": "the report as SARIF 2.1.0",
    "markdown": "the report as Markdown, for a pull request",
    "html": "the evidence pack as one HTML page",
    "zip": "the evidence pack as a ZIP archive",
}
"""Option → what it writes."""


def _file_options(function: Callable[..., None]) -> Callable[..., None]:
    # Reversed, because decorators are applied from the last one, and the help lists them in their order.
    for name, text in reversed(FILES.items()):
        option = click.option(f"--{name}", type=click.Path(dir_okay=False, path_type=Path), help=f"Write {text}.")
        function = option(function)
    return function


@click.command(short_help="Check the traffic of a sandbox against PKB's contract.")
@click.option(
    "--fail-on",
    type=click.Choice(LEVELS),
    default="refused",
    show_default=True,
    help="Weakest level that fails: refusals, then advice, then what rests on choices, then on inferences.",
)
@click.option("--allow", "allowed", multiple=True, metavar="RULE[=REASON]", help="Rule that does not fail; repeatable.")
@_file_options
@click.option("--no-bodies", is_flag=True, help="Leave the bodies of exchanges out of the evidence pack.")
@client_command(json=False)
def verify(
    client: ControlClient, fail_on: str, allowed: tuple[str, ...], no_bodies: bool, **files: Path | None
) -> None:
    """Check the traffic of a running sandbox against PKB's contract.

    Prints the report. Exit code 0: nothing fails; 1: something does, or the server cannot be reached; 2: usage.
    """
    payload = {"fail_on": [fail_on], "allow": [_allowed(text) for text in allowed]}
    verdict = client.call("POST", "/verify", payload)
    report = verdict["report"]
    # Before the verdict is printed: a pipeline wants the report of a failed run most of all.
    for name, file in files.items():
        if file is not None:
            _write(file, _render(name, client, verdict, with_bodies=not no_bodies))
    from sandbox.contract.formats.text import render_text

    click.echo(render_text(report), nl=False)
    if not verdict["ok"]:
        click.echo("", err=True)
        for failure in verdict["failures"]:
            click.echo(f"pkb-sandbox: {failure['text']}", err=True)
        sys.exit(FAILED)


def _allowed(text: str) -> str | Json:
    rule, equals, reason = text.partition("=")
    if equals and not reason.strip():
        fail(f"--allow {text}: the reason is empty")
    return {"rule": rule, "reason": reason} if equals else rule


def _render(name: str, client: ControlClient, verdict: Json, *, with_bodies: bool) -> bytes:
    """Render one file of the verdict; evidence asks the server for the exchanges."""
    report = verdict["report"]
    if name in ("html", "zip"):
        from sandbox.contract import evidence

        pack = evidence.collect(client.call, report, with_bodies=with_bodies)
        return evidence.render_page(pack).encode() if name == "html" else evidence.render_archive(pack)
    return _document(name, report, verdict["failures"]).encode()


def _document(name: str, report: Json, failures: list[Json]) -> str:

    from sandbox.contract.formats.junit import render_junit
    from sandbox.contract.formats.markdown import render_markdown
    from sandbox.contract.formats.sarif import render_sarif

    match name:
        case "junit":
            return render_junit(report, failures)
        case "sarif":
            return render_sarif(report)
        case "markdown":
            return render_markdown(report)
    return render_readable(report) + "\n"


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        fail(f"{file}: cannot be written ({error.strerror})")
