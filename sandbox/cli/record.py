"""`pkb-sandbox record`: the journal of a running sandbox as a recording."""

from __future__ import annotations

from pathlib import Path

import click

from sandbox.cli.command import fail
from sandbox.cli.control_client import ControlClient
from sandbox.cli.output import print_text
from sandbox.cli.server_options import client_command


@click.command(short_help="Write the journal of a sandbox as a recording.")
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder for the recording; it must be new or empty.",
)
@client_command(json=False)
def record(client: ControlClient, folder: Path) -> None:
    """Write the journal of a running sandbox as a recording, which `replay` sends to another server.

    A recording has the exchanges as HAR and HL7, their order and dependencies, and who is in their world. It contains
    no secret, but the whole contents of the exchanges.
    """
    from sandbox.replay.folder import FetchedJournal, write_recording
    from sandbox.replay.recording import UnusableRecording

    journal = FetchedJournal(
        archive=client.call("GET", "/exchanges.har"),
        messages=client.text("/exchanges.hl7"),
        world=client.call("GET", "/world"),
        credentials=client.call("GET", "/credentials")["credentials"],
        workspace=client.workspace or "",
    )
    try:
        recording = write_recording(folder, journal)
    except UnusableRecording as error:
        fail(f"record: {error}")
    except OSError as error:
        fail(f"record: --to {folder}: {error.strerror}")
    dropped = journal.archive["log"].get("comment")
    if dropped:
        click.echo(f"The recording is incomplete. {dropped}", err=True)
    print_text(
        f"Recorded to {folder}. Exchanges: {len(recording.exchanges)}; dependencies: {len(recording.dependencies)}."
    )
