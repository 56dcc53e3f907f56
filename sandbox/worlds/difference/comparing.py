"""Compares two states of a world: what was added, changed and removed, entity by entity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.clock import HOME
from sandbox.model import Organisation, Patient, Resource
from sandbox.store import Store
from sandbox.store.states import State
from sandbox.store.store import Change
from sandbox.worlds.attributes import AttributeTable, tables
from sandbox.worlds.change_log import ChangeLog
from sandbox.worlds.difference.entries import Entry, FindExchange, causes_of, changes_of
from sandbox.worlds.difference.phrases import Speaker
from sandbox.worlds.difference.printing import Printer
from sandbox.worlds.difference.reading import Reader
from sandbox.worlds.difference.records import record_of


@dataclass(frozen=True, slots=True)
class Difference:
    """The entries of a difference, each list by patient and kind."""

    added: list[Entry] = field(default_factory=list)
    changed: list[Entry] = field(default_factory=list)
    removed: list[Entry] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a comparison needs: two states of a store, what is known of the changes between them, and the present time.

    `exchange` gives an exchange by its id where the journal still has it.
    """

    before: State
    after: State
    store: Store
    log: ChangeLog
    exchange: FindExchange
    now: datetime

    def difference(self) -> Difference:
        difference = Difference()
        for table in tables().values():
            for before, after in self.before.changes(self.after, table.entity):
                self._enter(difference, table, (before, after))
        for entries in (difference.added, difference.changed, difference.removed):
            entries.sort(key=lambda entry: entry.patient or "")
        return difference

    def _enter(self, difference: Difference, table: AttributeTable, stored: Change) -> None:
        before, after = (entity if table.has(entity) else None for entity in stored)
        if before is None and after is None:
            return
        readers = Reader(table, self.before), Reader(table, self.after)
        steps = self.log.between(*stored)
        changes = changes_of(readers, before, after, steps, self.exchange)
        if not changes:
            return
        zone = self._zone(after or before)
        printers = Printer(self.before, zone, self.now), Printer(self.after, zone, self.now)
        entity: Any = before if after is None else after
        entry = Entry(
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
        """A resource in the later state, or in the earlier one where it is deleted since."""
        later = self.after.find_one(Resource, id_)
        return later if later is not None and not later.deleted else self.before.find_one(Resource, id_)

    def _zone(self, entity: Any) -> tzinfo:
        """The zone of the organisation that an entity came from, or of the patient's first; else where PKB is."""
        for id_ in self._organisations(entity):
            organisation = self.after.find_one(Organisation, id_)
            if organisation is not None:
                return ZoneInfo(organisation.time_zone)
        return HOME

    def _organisations(self, entity: Any) -> Iterator[str]:
        source = getattr(entity, "source", None)
        if source is not None and source.organisation:
            yield source.organisation
        patient = (
            entity if isinstance(entity, Patient) else self.after.find_one(Patient, getattr(entity, "patient", ""))
        )
        yield from patient.organisations if patient is not None else ()
