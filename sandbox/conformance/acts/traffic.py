"""Acts that change how requests are answered: fault rules, and the clock."""

from __future__ import annotations

from typing import Any

from sandbox.base.durations import add_duration
from sandbox.conformance.stages import Stage, Undo
from sandbox.control.faults import fault_rule_of

Json = dict[str, Any]


def set_fault(stage: Stage, row: Json) -> Undo:
    """Set a fault rule for the client: `row` is one of `PUT /_sandbox/faults`."""
    return add_fault(stage, {"client": stage.cast.credential.id, **row})


def add_fault(stage: Stage, row: Json, where: str = "stage") -> Undo:
    """Set a fault rule before the world's own rules."""
    faults = stage.workspace.faults
    # Rules are tried in order: a rule of the world for the same requests must not hide that of the step.
    faults.replace([fault_rule_of(row, where), *faults])
    id_ = next(iter(faults)).id
    stage.faults.add(id_)
    return lambda: faults.remove(id_)


def advance_clock(stage: Stage, row: Json) -> Undo:
    """Advance the clock `by` a duration, and do what becomes due on the way."""
    workspace = stage.workspace
    clock = workspace.clock
    now = clock.now()
    difference = add_duration(now, row["by"]) - now
    clock.advance(difference)
    workspace.tell_time(workspace.catch_up())

    def go_back() -> None:
        # A reset or a checkpoint gives the world another clock, which this one must not touch.
        if workspace.clock is clock:
            clock.advance(-difference)
            workspace.tell_time([])

    return go_back
