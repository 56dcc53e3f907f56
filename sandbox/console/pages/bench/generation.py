"""Generating people in the background: at most one run in a world, whose progress pages show."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from sandbox.console.in_process import ControlCallRefused, send_control
from sandbox.errors import Conflict
from sandbox.http.call import Call
from sandbox.model import Patient
from sandbox.worlds.workspace import Workspace

log = logging.getLogger("sandbox.console.generation")
MOST_NAMES = 10
"""People of a run that the page names."""


@dataclass(slots=True)
class Generation:
    """A run: how many patients it is to make, how many the world had before, and how it ended.

    `state` is `running`, `done`, `stopped` or `failed`; `people` are the first of the new patients.
    """

    patients: int
    before: int
    task: asyncio.Task[None] | None = None
    state: str = "running"
    count: int = 0
    text: str = ""
    people: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_running(self) -> bool:
        return self.state == "running"

    def progress(self, world: Workspace) -> int:
        """Return how many patients the run has made: while it runs, by how many the world has grown."""
        grown = world.store.count(Patient) - self.before
        return min(max(grown, 0), self.patients) if self.is_running else self.count


# Weak, so that a deleted workspace is not kept by its last run.
_runs: WeakKeyDictionary[Workspace, Generation] = WeakKeyDictionary()


def latest(world: Workspace) -> Generation | None:
    """Return the run of a world that goes on, or the last one."""
    return _runs.get(world)


def start(call: Call, body: dict[str, Any], patients: int) -> Generation:
    """Start a run, which makes the control call `POST /generate`. Raises Conflict while another one goes on."""
    world = call.workspace
    earlier = latest(world)
    if earlier is not None and earlier.is_running:
        raise Conflict("People are still being generated in this world: wait for the end, or stop it")
    run = _runs[world] = Generation(patients=patients, before=world.store.count(Patient))
    run.task = asyncio.create_task(_generate(call, body, run))
    forget = world.ending.add(lambda _: stop(world))
    run.task.add_done_callback(lambda _: forget())
    return run


def stop(world: Workspace) -> None:
    """Stop the run of a world, if one goes on; the people that it made stay."""
    run = latest(world)
    if run is not None and run.task is not None:
        run.task.cancel()


async def _generate(call: Call, body: dict[str, Any], run: Generation) -> None:
    try:
        answer = await send_control(call, "POST", "/generate", body)
        run.count, run.people, run.state = len(answer["patients"]), answer["patients"][:MOST_NAMES], "done"
    except asyncio.CancelledError:
        run.count, run.state = run.progress(call.workspace), "stopped"
    except ControlCallRefused as refused:
        run.count, run.state, run.text = run.progress(call.workspace), "failed", refused.text
    except Exception:
        log.exception("people could not be generated")
        run.state, run.text = "failed", "The log of the sandbox has the details."
