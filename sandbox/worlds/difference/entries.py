"""One entry of a difference: an entity that was added, changed or removed, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.worlds.attributes import Attribute
from sandbox.worlds.change_log import Step
from sandbox.worlds.difference.reading import EMPTY, Reader, as_json
from sandbox.worlds.exchange import Exchange

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeChange:
    """One value that differs: the attribute, its path with the positions of list items, and the exchange it came by."""

    attribute: Attribute
    path: str
    before: Any
    after: Any
    exchange: Exchange | None = None

    @property
    def hl7(self) -> str:
        """The HL7 field in the message that brought the change; where none is known to, those of all messages."""
        if self.exchange is not None and self.exchange.api == "hl7":
            return ", ".join(dict.fromkeys(_fields(self.attribute, self.exchange.operation)))
        return ", ".join(map(str, self.attribute.hl7))

    @property
    def fhir(self) -> str:
        """The path on the Facade; on Aggregated where the Facade does not show it."""
        return self.attribute.facade or self.attribute.aggregated

    def as_json(self) -> Json:
        row: Json = {"path": self.path}
        row |= {key: value for key, value in (("hl7", self.hl7), ("fhir", self.fhir)) if value}
        return {**row, "from": as_json(self.before), "to": as_json(self.after)}


def _fields(attribute: Attribute, operation: str) -> Iterator[str]:
    return (field.field for field in attribute.hl7 if operation.startswith(field.messages))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the control API shows of one entity; `patient` is None where it belongs to no record."""

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
    readers: tuple[Reader, Reader],
    before: Any | None,
    after: Any | None,
    steps: list[Step],
    journal: Mapping[str, Exchange],
) -> list[AttributeChange]:
    """The values that differ, in the order of the table; quiet ones only beside others."""
    changes = []
    for attribute in readers[0].table.attributes.values():
        old, new = readers[0].leaves(before, attribute), readers[1].leaves(after, attribute)
        if old == new:
            continue
        step = next((step for step in reversed(steps) if _is_changed(readers, step, attribute)), None)
        exchange = journal.get(step.exchange or "") if step is not None else None
        for path in dict.fromkeys((*old, *new)):
            if old.get(path) != new.get(path):
                changes.append(
                    AttributeChange(
                        attribute=attribute,
                        path=path,
                        before=old.get(path),
                        after=new.get(path),
                        exchange=exchange,
                    )
                )
    return changes if any(not change.attribute.quiet for change in changes) else []


def causes_of(readers: tuple[Reader, Reader], steps: list[Step]) -> tuple[str, ...]:
    """The exchanges that changed something that the table names, in their order."""
    loud = [attribute for attribute in readers[0].table.attributes.values() if not attribute.quiet]
    causes = [
        step.exchange
        for step in steps
        if step.exchange and any(_is_changed(readers, step, attribute) for attribute in loud)
    ]
    return tuple(dict.fromkeys(causes))


def _is_changed(readers: tuple[Reader, Reader], step: Step, attribute: Attribute) -> bool:
    if step.before is None or step.after is None:
        return True
    return readers[0].leaves(step.before, attribute) != readers[1].leaves(step.after, attribute)


__all__ = ["EMPTY", "AttributeChange", "Entry", "causes_of", "changes_of"]
