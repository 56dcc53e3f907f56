"""Acts that change how requests are answered: the clock, and faults."""

from __future__ import annotations

from typing import Any

from sandbox.base.clock import instant
from sandbox.conformance.acts import traffic as staging
from sandbox.control.clock import later_time, time_of
from sandbox.pact.scene import StateScene

Json = dict[str, Any]
CONDITIONS = ("api", "client", "first", "retry_after")


def freeze_clock(scene: StateScene, _: Json) -> Json:
    """Freeze the clock at a time, and do the work that is due by then. The checkpoint contains the clock before it."""
    workspace = scene.workspace
    workspace.clock.freeze(time_of(instant(scene.values["at"])))
    workspace.tell_time(workspace.catch_up())
    return {}


def advance_clock(scene: StateScene, row: Json) -> Json:
    """Advance the clock, and do what becomes due on the way. Raises Invalid for a time that no clock has."""
    # Only a check: durations of conformance profiles always fit, those of a parameter need not.
    later_time(scene.workspace.clock.now(), row["by"])
    scene.stage.undo.append(staging.advance_clock(scene.stage, row))
    return {}


def set_fault(scene: StateScene, row: Json) -> Json:
    """Set a fault rule, with the conditions that the parameters name."""
    conditions = {name: scene.values[name] for name in CONDITIONS if name in scene.values}
    scene.stage.undo.append(staging.add_fault(scene.stage, {**row, **conditions}, "params"))
    return {}
