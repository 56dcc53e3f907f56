"""The difference that a list of changes makes, such as those of one message or of a rehearsal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from sandbox.store import Store
from sandbox.store.states import State
from sandbox.store.store import Change
from sandbox.store.tables import Rows
from sandbox.worlds.change_log import ChangeLog, ChangeStep
from sandbox.worlds.difference.comparing import StoreComparison, StoreDifference
from sandbox.worlds.exchange import Exchange
from sandbox.worlds.history import StateHistory
from sandbox.worlds.workspace import Workspace

E = TypeVar("E")
Side = dict[type, dict[str, Any | None]]


class _Overlaid(State):
    """The state of a store in which some entities have other values, or none."""

    def __init__(self, rows: Mapping[str, Rows], entities: Side) -> None:
        super().__init__(rows)
        self._entities = entities

    def find_one(self, kind: type[E], id_: str | None) -> E | None:
        own = self._entities.get(kind, {})
        return own[id_] if id_ in own else super().find_one(kind, id_)


def difference_of(
    workspace: Workspace, changes: Iterable[Change], *, exchange: Exchange | None = None, api: str = ""
) -> StoreDifference:
    """Describe changes as if there were no others; `exchange` is their cause, and `api` the API that they came by."""
    log, sides = ChangeLog(), (Side(), Side())
    log.on = True
    for before, after in changes:
        step = ChangeStep(before, after, exchange.id if exchange else None, api)
        log.note(step)
        kind, id_ = step.key
        sides[0].setdefault(kind, {})[id_] = before
        sides[1].setdefault(kind, {})[id_] = after
    store: Store = workspace.store
    comparison = StoreComparison(
        states=(_Overlaid(store.rows(), sides[0]), _Overlaid(store.rows(), sides[1])),
        histories=(StateHistory(0), StateHistory(0).until(0, log.count)),
        touched={kind: dict.fromkeys(entities) for kind, entities in sides[1].items()},
        store=store,
        log=log,
        find_exchange=lambda id_: exchange,
        now=workspace.clock.now(),
    )
    return comparison.difference()
