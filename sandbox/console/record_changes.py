"""The changes of the record by exchanges that the console sent, and by others as far as the change log has them."""

from __future__ import annotations

from collections import OrderedDict
from weakref import WeakKeyDictionary

from sandbox.store import Snapshot
from sandbox.store.states import State
from sandbox.store.store import Change
from sandbox.worlds.attributes.kinds import ENTITIES
from sandbox.worlds.difference.comparing import StoreDifference
from sandbox.worlds.difference.of_changes import difference_of
from sandbox.worlds.exchange import Exchange
from sandbox.worlds.workspace import Workspace

MOST_EXCHANGES = 200
"""Exchanges of a world whose changes are kept; the oldest are forgotten."""
MOST_CHANGES = 500
"""Entities of an exchange that are compared."""

Changes = tuple[Change, ...]
# Weak, so that a deleted workspace is not kept by its changes.
_changes: WeakKeyDictionary[Workspace, OrderedDict[str, Changes]] = WeakKeyDictionary()


def keep_changes(workspace: Workspace, exchange: str, before: Snapshot) -> None:
    """Keep the changes since a snapshot as those of an exchange."""
    states = State.of_snapshot(before), State.of_store(workspace.store)
    changes = [change for kind in ENTITIES.values() for change in states[0].changes(states[1], kind)]
    kept = _changes.setdefault(workspace, OrderedDict())
    kept[exchange] = tuple(changes[:MOST_CHANGES])
    while len(kept) > MOST_EXCHANGES:
        kept.popitem(last=False)


def difference_by(workspace: Workspace, exchange: Exchange) -> StoreDifference | None:
    """Return what an exchange changed, in clinical words; None where that is not known."""
    changes = _changes.get(workspace, OrderedDict()).get(exchange.id)
    if changes is None:
        changes = tuple(workspace.checkpoints.changes_by(exchange.id)[:MOST_CHANGES]) or None
    if changes is None:
        return None
    return difference_of(workspace, changes, exchange=exchange, api=exchange.api)
