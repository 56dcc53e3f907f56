"""`pkb-sandbox replay`: a recording sent to another server, and how its answers differ in meaning."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sandbox.base.readable import render_readable
from sandbox.cli.command import fail
from sandbox.cli.exit_codes import BAD_OPTION, DONE, FAILED
from sandbox.cli.output import print_text

if TYPE_CHECKING:
    from sandbox.replay.connection import ReplayConnection
    from sandbox.replay.run import Replay, ReplayOutcome


@click.command(short_help="Send a recording to another server, and compare.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--against", "url", required=True, help="Base URL of the other server, the only one that is connected to."
)
@click.option(
    "--credentials",
    "file",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="JSON file with the other server's credentials, in the form of `GET /_sandbox/credentials`.",
)
@click.option("--redact", is_flag=True, help="Report shapes and codes only: no names, numbers or free text of people.")
@click.option("--dry-run", is_flag=True, help="Print what would be sent, without a connection.")
@click.option("--yes", is_flag=True, help="Do not ask before connecting to an address that is not loopback.")
@click.option("--json", "report_file", type=click.Path(dir_okay=False, path_type=Path), help="File for the report.")
@click.option("--admin-token", help="Admin token of the other server, if it is a sandbox that requires one.")
@click.option("--workspace", help="Workspace of the other sandbox to which the credentials belong.")
def replay(
    folder: Path,
    url: str,
    file: Path,
    redact: bool,
    dry_run: bool,
    yes: bool,
    report_file: Path | None,
    admin_token: str | None,
    workspace: str | None,
) -> None:
    """Send a recording to another server, and report how its answers differ in meaning.

    Tokens, ids, page links and one-time codes are those of the other server. Users sign in by its control API if it is
    a sandbox, elsewhere by the tokens in the credentials file. Exit codes: 0 no difference, 1 differences, 2 the
    command cannot be carried out.
    """
    from sandbox.replay.connection import Unreachable
    from sandbox.replay.report import Report
    from sandbox.replay.run import CredentialRefused

    run = _prepared(folder, url, file, admin_token, workspace)
    if dry_run:
        _print_plan(run, report_file)
        return
    _confirm(run.connection, yes)
    try:
        run.bind_worlds()
        outcomes = _with_progress(run)
    except (Unreachable, CredentialRefused) as error:
        fail(f"replay: {error}")
    report = Report(against=url, outcomes=outcomes, uses=run.uses, is_redacted=redact)
    for line in report.lines():
        print_text(line)
    if report_file is not None:
        _write(report_file, report.as_json())
    # Without this, a replay that sent nothing would look like one without differences.
    if not any(outcome.state != "not sent" for outcome in outcomes):
        fail("replay: no exchange of the recording could be sent")
    sys.exit(FAILED if report.differences else DONE)


def _prepared(folder: Path, url: str, file: Path, admin_token: str | None, workspace: str | None) -> Replay:
    from sandbox.replay import credentials
    from sandbox.replay.connection import ReplayConnection, Unreachable
    from sandbox.replay.folder import read_recording
    from sandbox.replay.other_sandbox import OtherSandbox
    from sandbox.replay.recording import UnusableRecording
    from sandbox.replay.run import Replay

    try:
        recording = read_recording(folder)
        connection = ReplayConnection(url)
        rows = credentials.read_credentials(file)
    except UnusableRecording as error:
        fail(f"replay: {error}")
    except Unreachable as error:
        fail(f"replay: --against {error}")
    except credentials.UnusableCredentials as error:
        fail(f"replay: --credentials {error}")
    run = Replay(recording, connection, OtherSandbox(connection, admin_token, workspace), rows)
    if not run.authorization.credentials and recording.world.get("credentials"):
        fail(f"replay: --credentials {file}: no credential of a kind that the recording uses")
    return run


def _confirm(connection: ReplayConnection, yes: bool) -> None:
    """Ask before an address that is not loopback; without a terminal it needs `--yes`."""
    if connection.is_loopback or yes:
        return
    if not sys.stdin.isatty():
        fail(f"replay: --against {connection.url} is not loopback: --yes is needed without a terminal")
    if not click.confirm(f"Send the recorded requests, with their contents, to {connection.url}?", err=True):
        sys.exit(BAD_OPTION)


def _with_progress(run: Replay) -> list[ReplayOutcome]:
    """Replay with a bar on a terminal."""
    outcomes: Iterator[ReplayOutcome] = run.outcomes()
    if not sys.stderr.isatty():
        return list(outcomes)
    count = len(run.recording.exchanges)
    with click.progressbar(outcomes, length=count, label="Replaying", file=sys.stderr) as bar:
        return list(bar)


def _print_plan(run: Replay, report_file: Path | None) -> None:
    from sandbox.replay.dry_run import planned

    rows = list(planned(run))
    for row in rows:
        caller = f"as {row['client'] or 'nobody'}" + (f", user {row['user']}" if row["user"] else "")
        reason = f" (not sent: {row['reason']})" if row["reason"] else ""
        print_text(f"{row['number']} {row['method']} {row['url']} {caller}, {row['bytes']} bytes{reason}")
    if report_file is not None:
        _write(report_file, {"requests": rows})


def _write(file: Path, value: object) -> None:
    try:
        file.write_text(render_readable(value) + "\n", encoding="utf-8")
    except OSError as error:
        fail(f"replay: --json {file}: {error.strerror}")
