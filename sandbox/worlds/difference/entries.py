"""One entry of a difference: an added, changed or removed entity, and its description."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.worlds.attributes.table import Attribute, AttributeTable
from sandbox.worlds.change_log import ChangeStep
from sandbox.worlds.difference.json_leaves import element
from sandbox.worlds.difference.reading import AttributeReader, as_json
from sandbox.worlds.exchange import Exchange

Json = dict[str, Any]
FindExchange = Callable[[str], Exchange | None]
"""Returns the exchange with an id, if the journal still has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeChange:
    """One value that differs: the attribute, its path with the positions of list items, and the cause of the change.

    `api` is the API of the request that changed it; empty for due work, None where the cause is not known. `exchange`
    is None where the journal no longer has it.
    """

    attribute: Attribute
    path: str
    before: Any
    after: Any
    api: str | None = None
    exchange: Exchange | None = None

    @property
    def hl7(self) -> str:
        """Return the HL7 field in the message of the change; if that is unknown, those of all messages."""
        if self.exchange is not None and self.api == "hl7":
            fields = [field.field for field in self.attribute.hl7 if field.is_in(self.exchange.operation)]
        else:
            fields = [str(field) for field in self.attribute.hl7]
        return " or ".join(dict.fromkeys(fields))

    @property
    def fhir(self) -> tuple[str, str]:
        """Return the FHIR API that returns the value itself, the Facade first, and its path; both empty if none
        does.
        """
        if self.attribute.json:
            return "Customer", element(self.path)
        doors = {"Facade": self.attribute.facade, "Aggregated": self.attribute.aggregated}
        # By default Aggregated does not return it, so a reader must not be sent there.
        if self.attribute.shows_with:
            del doors["Aggregated"]
        return next(((door, paths[0]) for door, paths in doors.items() if paths), ("", ""))

    def as_json(self) -> Json:
        row: Json = {"path": self.path}
        row |= {key: value for key, value in (("hl7", self.hl7), ("fhir", self.fhir[1])) if value}
        return {**row, "from": as_json(self.before), "to": as_json(self.after)}


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceEntry:
    """An entry in the control API; `patient` is None if the entity does not belong to a record."""

    kind: str
    id: str
    patient: str | None
    text: str
    by: tuple[str, ...]
    changes: tuple[AttributeChange, ...]

    def as_json(self) -> Json:
        return {
            "kind": self.kind,
            "id": self.id,
            "patient": self.patient,
            "text": self.text,
            "by": list(self.by),
            "changes": [change.as_json() for change in self.changes],
        }


def changes_of(
    readers: tuple[AttributeReader, AttributeReader],
    before: Any | None,
    after: Any | None,
    steps: list[ChangeStep],
    find_exchange: FindExchange,
) -> list[AttributeChange]:
    """Return the values that differ, in the order of the table."""
    changes = []
    for attribute in _visible_attributes(readers[0].table):
        old, new = readers[0].leaves(before, attribute), readers[1].leaves(after, attribute)
        if old == new:
            continue
        # The newest step that changed this attribute: an earlier one led to a value that was replaced since.
        step = next((step for step in reversed(steps) if _is_changed(readers, step, attribute)), None)
        changes += [
            AttributeChange(
                attribute=attribute,
                path=path,
                before=old.get(path),
                after=new.get(path),
                api=step.api if step is not None else None,
                exchange=find_exchange(step.exchange) if step is not None and step.exchange else None,
            )
            for path in dict.fromkeys((*old, *new))
            if old.get(path) != new.get(path)
        ]
    return changes


def causes_of(readers: tuple[AttributeReader, AttributeReader], steps: list[ChangeStep]) -> tuple[str, ...]:
    """Return the exchanges that changed an attribute of the table, in order."""
    attributes = _visible_attributes(readers[0].table)
    causes = [
        step.exchange
        for step in steps
        if step.exchange and any(_is_changed(readers, step, attribute) for attribute in attributes)
    ]
    return tuple(dict.fromkeys(causes))


def _visible_attributes(table: AttributeTable) -> list[Attribute]:
    return [attribute for attribute in table.attributes.values() if not attribute.quiet]


def _is_changed(readers: tuple[AttributeReader, AttributeReader], step: ChangeStep, attribute: Attribute) -> bool:
    return readers[0].leaves(step.before, attribute) != readers[1].leaves(step.after, attribute)
