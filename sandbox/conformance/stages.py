"""Acts by which the sandbox sets the stage of a step, as one table. Each returns the function that takes it back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.conformance.cast import Cast
from sandbox.control.faults import rule_of
from sandbox.domain import configuration
from sandbox.domain.patients import review
from sandbox.hl7.receiver import cause_of, principal_of, receive
from sandbox.model import HeldMessage, Organisation
from sandbox.worlds.workspace import Workspace, caused_by

Json = dict[str, Any]
Undo = Callable[[], object]


@dataclass(slots=True, kw_only=True)
class Stage:
    """The stage of one step: what its acts may use, the fault rules that they set, and how to take them back."""

    workspace: Workspace
    cast: Cast
    faults: set[str] = field(default_factory=set)
    undo: list[Undo] = field(default_factory=list)

    def perform(self, row: Json) -> None:
        """Perform an act of a profile."""
        undo = ACTS[row["act"]](self, {key: value for key, value in row.items() if key != "act"})
        if undo is not None:
            self.undo.append(undo)

    def clear(self) -> None:
        """Take all acts back, the last one first."""
        while self.undo:
            self.undo.pop()()


def _fault(stage: Stage, row: Json) -> Undo:
    """Set a fault rule for the client, before the world's own rules: `row` is one of `PUT /_sandbox/faults`."""
    faults = stage.workspace.faults
    before = list(faults)
    faults.replace([rule_of({"client": stage.cast.credential.id, **row}, "stage"), *before])
    id_ = next(iter(faults)).id
    stage.faults.add(id_)
    return lambda: faults.remove(id_)


def _options(stage: Stage, row: Json) -> Undo:
    """Change options of the client's organisation."""
    store = stage.workspace.store
    before = store.get(Organisation, stage.cast.organisation.id)
    store.put(replace(before, options=configuration.options(row, before.options)))

    def restore() -> None:
        store.put(replace(store.get(Organisation, before.id), options=before.options))

    return restore


def _approve_held(stage: Stage, row: Json) -> None:
    """Approve the held messages of the client that contain a text, as the organisation's administrator would."""
    workspace = stage.workspace
    for held in workspace.store.find(HeldMessage, "outcome", "held"):
        if held.credential == stage.cast.credential.id and row["contains"] in held.text:
            with workspace.store.transaction(), caused_by(cause_of(held)):
                reply = receive(principal_of(workspace, held), held.text, lambda action: None, decided=True)
                if reply.ack == "AA":
                    review.decide(workspace.record, held, "approved")


ACTS: dict[str, Callable[[Stage, Json], Undo | None]] = {
    "fault": _fault,
    "options": _options,
    "approve-held": _approve_held,
}
"""The acts that profiles name."""
