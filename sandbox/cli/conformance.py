"""`pkb-sandbox conformance`: scenarios for a client, and a verdict on each."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from sandbox.cli.command import fail
from sandbox.cli.control_client import CallFailed, ControlClient, named
from sandbox.cli.exit_codes import DONE, FAILED
from sandbox.cli.junit import junit_text
from sandbox.cli.output import print_json, print_line, print_text
from sandbox.cli.server_options import client_command, wants_json

Json = dict[str, Any]
PAUSE = 0.2
"""Seconds between two looks at the run."""
COLOURS = {"passed": "green", "failed": "red", "skipped": "yellow"}


@click.command(short_help="Set tasks for a client, and judge what it does.")
@click.argument("profile")
@click.option("--step", "steps", multiple=True, help="Run only this step, by its name; repeatable.")
@click.option(
    "--client", "client_id", help="Client id or HL7 user under test; default: the first of the profile's kind."
)
@click.option("--timeout", type=float, default=60, show_default=True, help="Seconds that the client has for a step.")
@click.option(
    "--settle",
    type=float,
    default=5,
    show_default=True,
    help="Seconds of quiet before judging what the client must not do.",
)
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="File for the verdicts as JUnit XML.")
@client_command()
def conformance(
    client: ControlClient,
    profile: str,
    steps: tuple[str, ...],
    client_id: str | None,
    timeout: float,
    settle: float,
    junit: Path | None,
) -> None:
    """Set the stage for a client, scenario by scenario, and judge what it does.

    Profiles: appointments, laboratory, documents, demographics, partner-facade, app-measurements, customer-fhir,
    questionnaires. Each step says what the client should do now, and waits for it. Exit codes: 0 all steps passed, 1 a
    step failed, 2 the command cannot be carried out.
    """
    options = {"timeout": timeout, "settle": settle, "steps": list(steps) or None, "client": client_id}
    payload = {key: value for key, value in options.items() if value is not None}
    path = f"/conformance/{named(profile)}"
    try:
        run = client.call("POST", path, payload)
    except CallFailed as error:
        fail(str(error))
    if not wants_json():
        _print_heading(run)
    try:
        run = _follow(client, path, run)
    except KeyboardInterrupt:
        # An interrupted run is ended, so that it takes back what it staged in the world.
        client.call("DELETE", path)
        raise
    if wants_json():
        print_json(run)
    else:
        _print_summary(run)
    if junit is not None:
        _write(junit, junit_text(run))
    sys.exit(DONE if run["state"] == "passed" else FAILED)


def _follow(client: ControlClient, path: str, run: Json) -> Json:
    """Look at the run until it is over, and print each step as it begins and ends."""
    announced = judged = 0
    is_quiet = wants_json()
    while True:
        for step in run["steps"]:
            number = step["number"]
            if step["state"] != "waiting" and number > announced:
                announced = number
                if not is_quiet and step["state"] != "skipped":
                    _print_task(step, len(run["steps"]))
            if step["state"] not in ("waiting", "running") and number > judged:
                judged = number
                if not is_quiet:
                    _print_verdict(step)
        if run["state"] != "running":
            return run
        time.sleep(PAUSE)
        run = client.call("GET", path)


def _print_heading(run: Json) -> None:
    client, patient = run["client"], run["patient"]
    print_line(f"{run['title']}: {len(run['steps'])} steps", bold=True)
    print_line(f"Client: {client['id']} ({client['kind']}) at {client['address']}")
    name = f"{patient['given_name']} {patient['family_name']}"
    print_text(
        f"Patient: {name}, NHS number {patient['nhs_number']}, born {patient['date_of_birth']}, id {patient['id']}"
    )


def _print_task(step: Json, count: int) -> None:
    print_line(f"{step['number']}/{count} {step['title']} ({step['name']})", bold=True)
    print_text(f"    {step['do']}")
    for row in step["data"]:
        print_text(f"      {', '.join(f'{key} {value}' for key, value in row.items())}")


def _print_verdict(step: Json) -> None:
    if step["state"] == "skipped":
        print_line(f"    skipped: {step['title']} ({step['name']})", COLOURS["skipped"])
        return
    print_line(f"    {step['state']} ({step['seconds']:.1f} s)", COLOURS.get(step["state"]))
    for line in failures(step):
        print_text(f"      {line}", COLOURS["failed"])


def failures(step: Json) -> Iterator[str]:
    """Describe each failed judgement: what it expected, what came, and the exchanges."""
    for row in step["judged"]:
        if not row["passed"]:
            exchanges = ", ".join(row["exchanges"]) or "none"
            yield f"{row['rule']}: expected {row['expected']}; came: {row['actual']}; exchanges: {exchanges}"


def _print_summary(run: Json) -> None:
    states = [step["state"] for step in run["steps"]]
    counts = ", ".join(f"{states.count(state)} {state}" for state in COLOURS if state in states)
    print_line(f"{run['profile']} {run['state']}: {counts}", COLOURS.get(run["state"]), bold=True)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        fail(f"conformance: --junit {file}: {error.strerror}")
