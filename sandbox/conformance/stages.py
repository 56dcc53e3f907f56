"""The stage of one step: what its acts may use, and how to take back what they did."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from sandbox.conformance.cast import Cast
from sandbox.errors import SandboxError
from sandbox.worlds.workspace import Workspace

Undo = Callable[[], object]
"""Takes an act back."""


@dataclass(slots=True, kw_only=True)
class Stage:
    """The world and people of a step, the ids of the fault rules that its acts set, and how to take the acts back."""

    workspace: Workspace
    cast: Cast
    faults: set[str] = field(default_factory=set)
    undo: list[Undo] = field(default_factory=list)

    def clear(self) -> None:
        """Take all acts back, the last one first."""
        while self.undo:
            # What was taken away in the meantime, by a restored checkpoint, cannot be put back.
            with suppress(SandboxError):
                self.undo.pop()()
