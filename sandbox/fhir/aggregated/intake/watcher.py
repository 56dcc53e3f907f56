"""Watch a world's PKB data for Aggregated. Until Aggregated contains anything, most changes do not concern it: a world
that nobody reads through FHIR never loads it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from sandbox.domain.data_points.kinds import is_current
from sandbox.domain.record import Record
from sandbox.fhir.aggregated.kinds import TYPES
from sandbox.model import (
    ChosenLabel,
    DataPoint,
    FirstStored,
    Mapped,
    Organisation,
    Patient,
    Questionnaire,
    Team,
    Upstream,
    User,
)
from sandbox.store import Store
from sandbox.worlds.workspace import Workspace

AGGREGATION = "aggregation"
"""The kind of due work for delayed aggregation."""
WATCHED = (ChosenLabel, Patient, Organisation, Questionnaire, Team, User, *TYPES)
"""The PKB entities that Aggregated shows."""


def watch(workspace: Workspace) -> None:
    """Follow changes of PKB's own data, and aggregate delayed resources when they are due."""
    workspace.when_due(AGGREGATION, partial(_aggregate, workspace))
    workspace.store.watch(WATCHED, Watcher(workspace))


def _aggregate(workspace: Workspace, record: Record, id_: str) -> str:
    from sandbox.fhir.aggregated.intake import changes  # see the head of this module

    return changes.aggregate(workspace, record, id_)


@dataclass(frozen=True, slots=True)
class Watcher:
    """Watches one workspace. It is called with an entity before and after each change."""

    workspace: Workspace

    def __call__(self, store: Store, before: Any, after: Any) -> None:
        # Noted before the first change, mapped or not: a change replaces the time at which the data point came.
        if isinstance(before, DataPoint) and store.find_one(FirstStored, before.id) is None:
            store.put(FirstStored(id=before.id, at=before.persisted_at))
        # A removal counts even if nothing is aggregated: a later read of the resource has to be 410, not 404.
        if store.count(Mapped) or store.count(Upstream) or is_removal(before, after):
            _follow()(self.workspace, before, after)


@cache
def _follow() -> Callable[[Workspace, Any, Any], None]:
    from sandbox.fhir.aggregated.intake import outdating  # see the head of this module

    return outdating.apply_change


def is_removal(before: Any, after: Any) -> bool:
    """Return whether a data point is no longer shown: Aggregated remembers it as deleted, mapped or not."""
    return isinstance(before, DataPoint) and is_current(before) and (after is None or not is_current(after))
