"""Compare two states of a world: added, changed and removed entities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.base.clock import HOME
from sandbox.model import Organisation, Patient, Resource
from sandbox.store import Store
from sandbox.store.states import State
from sandbox.store.store import Change
from sandbox.worlds.attributes.table import AttributeTable, tables
from sandbox.worlds.change_log import ChangeLog, Touched
from sandbox.worlds.difference.entries import DifferenceEntry, FindExchange, causes_of, changes_of
from sandbox.worlds.difference.phrases import Speaker
from sandbox.worlds.difference.printing import Printer
from sandbox.worlds.difference.reading import AttributeReader
from sandbox.worlds.difference.records import record_of
from sandbox.worlds.history import StateHistory


@dataclass(frozen=True, slots=True)
class StoreDifference:
    """The entries of a difference, each list by patient and kind."""

    added: list[DifferenceEntry] = field(default_factory=list)
    changed: list[DifferenceEntry] = field(default_factory=list)
    removed: list[DifferenceEntry] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreComparison:
    """The input of a comparison: two states of a store, the known changes between them, and the present time.

    `touched` are the entities that may differ, None where that is not known. `find_exchange` gives an exchange by its
    id where the journal still has it.
    """

    states: tuple[State, State]
    histories: tuple[StateHistory, StateHistory]
    touched: Touched | None
    store: Store
    log: ChangeLog
    find_exchange: FindExchange
    now: datetime

    def difference(self) -> StoreDifference:
        difference = StoreDifference()
        for _ in self.fill(difference):
            pass
        return difference

    def fill(self, difference: StoreDifference) -> Iterator[None]:
        """Add the differences entity by entity, with a pause after each. The lists are sorted only at the end."""
        for table in tables().values():
            for before, after in self._changes(table.entity):
                self._enter(difference, table, (before, after))
                yield
        for entries in (difference.added, difference.changed, difference.removed):
            entries.sort(key=lambda entry: entry.patient or "")

    def _changes(self, kind: type) -> Iterator[Change]:
        """Return the entities of a kind that differ; where the touched entities are known, no other row is read."""
        if self.touched is None:
            yield from self.states[0].changes(self.states[1], kind)
            return
        for id_ in self.touched.get(kind, ()):
            pair = self.states[0].find_one(kind, id_), self.states[1].find_one(kind, id_)
            if pair[0] is not pair[1] and pair[0] != pair[1]:
                yield pair

    def _enter(self, difference: StoreDifference, table: AttributeTable, stored: Change) -> None:
        before, after = (entity if table.has(entity) else None for entity in stored)
        if before is None and after is None:
            return
        readers = AttributeReader(table, self.states[0]), AttributeReader(table, self.states[1])
        steps = self.log.between(*stored, self.histories)
        changes = changes_of(readers, before, after, steps, self.find_exchange)
        if not changes:
            return
        zone = self._zone(after or before)
        printers = Printer(self.states[0], zone, self.now), Printer(self.states[1], zone, self.now)
        entity: Any = before if after is None else after
        entry = DifferenceEntry(
            kind=table.name,
            id=entity.id,
            patient=self._patient(table, entity),
            text=Speaker(table, readers, printers, (before, after)).text(changes),
            by=causes_of(readers, steps),
            changes=tuple(changes),
        )
        entries = difference.added if before is None else difference.removed if after is None else difference.changed
        entries.append(entry)

    def _patient(self, table: AttributeTable, entity: Any) -> str | None:
        if isinstance(entity, Resource):
            return record_of(self.store, self._resource, entity)
        return getattr(entity, table.patient) or None if table.patient else None

    def _resource(self, id_: str) -> Resource | None:
        """Return a resource in the later state, or in the earlier one if it has been deleted."""
        # A deleted resource keeps its row without a text, so its references are read from the earlier state.
        later = self.states[1].find_one(Resource, id_)
        return later if later is not None and not later.deleted else self.states[0].find_one(Resource, id_)

    def _zone(self, entity: Any) -> tzinfo:
        """Return the zone of an entity's source organisation, or of the patient's first; else PKB's."""
        for id_ in self._organisations(entity):
            organisation = self.states[1].find_one(Organisation, id_)
            if organisation is not None:
                return ZoneInfo(organisation.time_zone)
        return HOME

    def _organisations(self, entity: Any) -> Iterator[str]:
        source = getattr(entity, "source", None)
        if source is not None and source.organisation:
            yield source.organisation
        patient = (
            entity if isinstance(entity, Patient) else self.states[1].find_one(Patient, getattr(entity, "patient", ""))
        )
        yield from patient.organisations if patient is not None else ()
