"""Words for entities of a record: titles, values, and the names of sources, as differences of checkpoints have them."""

from __future__ import annotations

from typing import Any

from sandbox.base.clock import HOME
from sandbox.domain.patients.national_ids import national_id_types
from sandbox.model import (
    Identifier,
    LocalIdType,
    Organisation,
    OutboxItem,
    Partner,
    Patient,
    Source,
    Team,
    User,
)
from sandbox.store import Store
from sandbox.store.states import State
from sandbox.worlds.attributes.table import Attribute, tables
from sandbox.worlds.difference.phrases import Speaker
from sandbox.worlds.difference.printing import Printer
from sandbox.worlds.difference.reading import AttributeReader
from sandbox.worlds.workspace import Workspace

LABELS = {
    "GENERAL_HEALTH": "general health",
    "MENTAL_HEALTH": "mental health",
    "SEXUAL_HEALTH": "sexual health",
    "SOCIAL_CARE": "social care",
}
"""Privacy label → its words."""


class Describer:
    """Describes the entities of a world, times in PKB's own zone."""

    def __init__(self, world: Workspace) -> None:
        self.store: Store = world.store
        self._state = State.of_store(world.store)
        self._printer = Printer(self._state, HOME, world.clock.now())

    def reader(self, entity: Any) -> AttributeReader:
        return AttributeReader(tables()[type(entity)], self._state)

    def title(self, entity: Any) -> str:
        """`Renal clinic review, 20 July 10:00`."""
        reader = self.reader(entity)
        speaker = Speaker(reader.table, (reader, reader), (self._printer, self._printer), (entity, entity))
        return speaker.title or reader.table.name

    def value(self, value: Any, attribute: Attribute | None = None) -> str:
        """Format a value of an attribute for people."""
        return self._printer.print(value, attribute)

    def person(self, id_: str | None) -> str:
        """Return the name of a patient or user; the id where neither is known."""
        person = self.store.find_one(User, id_) or self.store.find_one(Patient, id_)
        return person.name.display if person is not None else id_ or ""

    def organisation(self, id_: str | None) -> str:
        organisation = self.store.find_one(Organisation, id_)
        return organisation.name if organisation is not None else id_ or ""

    def team(self, id_: str | None) -> str:
        team = self.store.find_one(Team, id_)
        return team.name if team is not None else id_ or ""

    def source(self, source: Source) -> str:
        """The team or organisation, and the person: `Northmoor Renal · Dr Owen Bright`."""
        place = self.team(source.team) or self.organisation(source.organisation)
        partner = self.store.find_one(Partner, source.partner)
        parts = (place, self.person(source.person) or source.text, f"by {partner.name}" if partner else "")
        return " · ".join(part for part in parts if part) or "unknown"

    def place(self, source: Source) -> str:
        """Return the team, else the organisation, else the person."""
        return (
            self.team(source.team) or self.organisation(source.organisation) or self.person(source.person) or "unknown"
        )

    def number(self, patient: Patient, type_: str = "NHS") -> str:
        """Return the patient's number of a type, in blocks; empty without one."""
        value = next((identifier.value for identifier in patient.identifiers if identifier.type == type_), "")
        return f"{value[:3]} {value[3:6]} {value[6:]}" if type_ == "NHS" and len(value) == 10 else value

    def identifier_type(self, identifier: Identifier) -> tuple[str, str]:
        """Return the name of an identifier's type, and its pair of HL7 v2: assigning authority and type code."""
        national = national_id_types().get(identifier.type)
        if national is not None:
            return national.name, f"{national.assigning_authority}, {national.type_code}"
        local = self.store.find_one(LocalIdType, identifier.type)
        return (local.name, f"{local.assigning_authority}, {local.type_code}") if local else (identifier.type, "")

    def recipient(self, item: OutboxItem) -> str:
        return self.person(item.to) if self.store.find_one(Patient, item.to) else item.to
