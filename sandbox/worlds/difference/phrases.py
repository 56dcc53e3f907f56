"""Phrases for changes: those of the kind's table, or the attribute's label with its old and new value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, is_dataclass
from typing import Any

from sandbox.worlds.attributes.table import Attribute, AttributeTable, Wording
from sandbox.worlds.difference.entries import AttributeChange
from sandbox.worlds.difference.printing import Printer, shortened_line
from sandbox.worlds.difference.reading import AttributeReader, group_of, is_empty

_FIELD = re.compile(r"\{([a-z0-9_.]+)\}")
VERBS = {"added": "added: {title}", "removed": "removed: {title}"}
BEFORE, AFTER = 0, 1
MOST_PLACES = 5
"""Maximum number of paths in a phrase: beyond it a whole list item has changed, and its resource is sufficient."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Describe the changes of one entity; each pair is the state before and after."""

    table: AttributeTable
    readers: tuple[AttributeReader, AttributeReader]
    printers: tuple[Printer, Printer]
    entities: tuple[Any | None, Any | None]

    def text(self, changes: list[AttributeChange]) -> str:
        """`1 appointment moved from … to … (SIU^S13, SCH-11.4 · Facade Appointment.start)`."""
        if None in self.entities:
            return f"1 {self.table.name} {self._whole_entity_text(changes)}"
        called = self._joined(self.table.called)
        return f"1 {self.table.name} {f'({called}) ' if called else ''}{'; '.join(self._phrases(changes))}"

    @property
    def title(self) -> str:
        """Name the entity itself: `Renal clinic review, 20 July 10:00`."""
        return self._joined(self.table.title)

    def _whole_entity_text(self, changes: list[AttributeChange]) -> str:
        """Describe an entity that was added or removed."""
        when = "removed" if self.entities[AFTER] is None else "added"
        wording = next((row.text for row in self.table.words if row.when == when), VERBS[when])
        words = self._filled(wording, "").removesuffix(": ")
        operation = next((change.exchange.operation for change in changes if change.exchange is not None), "")
        aggregated = "" if self.table.aggregated_with else self.table.aggregated
        doors = [("Facade", self.table.facade)] if self.table.facade else [("Aggregated", aggregated)]
        return words + _origins_in_brackets([operation], doors)

    def _phrases(self, changes: list[AttributeChange]) -> Iterator[str]:
        """Return a phrase for each group of changes, except those that another phrase covers."""
        groups: dict[str, list[AttributeChange]] = {}
        for change in changes:
            path = change.path if change.attribute.json else group_of(change.attribute.path, self.entities)
            groups.setdefault(path, []).append(change)
        wordings = {group: self._wording(group) for group in groups}
        covered = {other for row in wordings.values() if row is not None for other in row.also}
        for group, members in groups.items():
            wording = wordings[group]
            if group not in covered:
                words = self._filled(wording.text, group) if wording is not None else self._default(group, members)
                yield words + _place(members)

    def _wording(self, group: str) -> Wording | None:
        old, new = (str(self._value(side, group)) for side in (BEFORE, AFTER))
        return next(
            (
                row
                for row in self.table.words
                if row.of == group and old in (row.start or (old,)) and new in (row.to or (new,))
            ),
            None,
        )

    def _default(self, group: str, changes: list[AttributeChange]) -> str:
        """`location changed from … to …`; of a list, the items that came and went."""
        if changes[0].attribute.json:
            return _element_change_text(changes[0])
        label = self.table.groups[group].label if group in self.table.groups else changes[0].attribute.label
        old, new = self._value(BEFORE, group), self._value(AFTER, group)
        if isinstance(old, tuple) or isinstance(new, tuple):
            old, new = old or (), new or ()
            lost = self._listed(BEFORE, group, [item for item in old if item not in new])
            gained = self._listed(AFTER, group, [item for item in new if item not in old])
        else:
            lost, gained = self._before_and_after(group)
        return _change_text(label, lost, gained)

    def _before_and_after(self, group: str) -> tuple[str, str]:
        """Format both values; an unchanged unit follows only the first: `4.1 mmol/L`, `4.2`."""
        old, new = self._of(BEFORE, group), self._of(AFTER, group)
        attribute = self.table.attributes.get(group)
        unit = self._of(AFTER, attribute.unit) if attribute is not None and attribute.unit else ""
        same = unit and old and self._of(BEFORE, attribute.unit) == unit if attribute is not None else False
        return old, new.removesuffix(f" {unit}") if same else new

    def _value(self, side: int, path: str) -> Any:
        return self.readers[side].group(self.entities[side], path)

    def _of(self, side: int, path: str) -> str:
        """Format the value of an attribute."""
        value = self._value(side, path)
        if isinstance(value, tuple):
            return self._listed(side, path, value)
        return "" if is_empty(value) else self._value_text(side, path, value)

    def _listed(self, side: int, group: str, values: Any) -> str:
        return ", ".join(self._value_text(side, group, value) for value in values if not is_empty(value))

    def _value_text(self, side: int, group: str, value: Any) -> str:
        item = self.table.groups[group].item if group in self.table.groups else ""
        if item and is_dataclass(value):
            return self._item(side, group, item, value)
        attribute = self.table.attributes.get(group)
        text = self.printers[side].print(value, attribute)
        return self._with_unit(side, attribute, text) if attribute is not None and text else text

    def _item(self, side: int, group: str, words: str, item: Any) -> str:
        """Format an item of a list in the words of its group."""

        def fill(field: re.Match[str]) -> str:
            part = getattr(item, field[1])
            return (
                ""
                if is_empty(part)
                else self.printers[side].print(part, self.table.attributes.get(f"{group}.{field[1]}"))
            )

        return " ".join(_FIELD.sub(fill, words).split())

    def _with_unit(self, side: int, attribute: Attribute, text: str) -> str:
        """Add the prefix and suffix of a text: a comparator, a unit."""
        front, back = (self._of(side, path) if path else "" for path in (attribute.before, attribute.unit))
        return f"{front}{text} {back}".strip()

    def _joined(self, paths: tuple[str, ...]) -> str:
        side = BEFORE if self.entities[AFTER] is None else AFTER
        return ", ".join(filter(None, (self._of(side, path) for path in paths)))

    def _filled(self, text: str, group: str) -> str:
        """Fill the braces of a phrase: with values after the change, or before a removal."""

        def fill(field: re.Match[str]) -> str:
            name = field[1]
            if name == "title":
                return self._joined(self.table.title)
            if name in ("before", "after"):
                return self._before_and_after(group)[("before", "after").index(name)]
            return self._joined((name,))

        return _FIELD.sub(fill, text)


def _change_text(label: str, lost: str, gained: str) -> str:
    if not lost:
        return f"{label} {gained} added" if gained else f"{label} in another order"
    return f"{label} changed from {lost} to {gained}" if gained else f"{label} {lost} removed"


def _element_change_text(change: AttributeChange) -> str:
    """Describe one element of a resource: `code.text changed from … to …`."""
    lost, gained = ("" if value is None else shortened_line(str(value)) for value in (change.before, change.after))
    return _change_text(change.path.partition(".")[2], lost, gained)


def _place(changes: list[AttributeChange]) -> str:
    """` (SIU^S13, SCH-11.4 · Facade Appointment.start)`: how the change came, and where it shows."""
    exchange = next((change.exchange for change in changes if change.exchange is not None), None)
    ways = [exchange.operation] if exchange is not None else []
    api = changes[0].api
    if api in (None, "hl7"):
        ways += [change.hl7 for change in changes]
    elif api == "rest":
        ways += [key.rpartition(" ")[2] for change in changes for key in change.attribute.rest[:1]]
    doors = [change.fhir for change in changes]
    # A list that was replaced changes dozens of paths; the message and the resource are enough to find it.
    if len(set(ways)) > MOST_PLACES:
        return _origins_in_brackets(
            ways[:1] if exchange is not None else [], [(door, _resource(path)) for door, path in doors]
        )
    return _origins_in_brackets(ways, doors)


def _resource(path: str) -> str:
    return path.partition(".")[0]


def _origins_in_brackets(ways: list[str], doors: list[tuple[str, str]]) -> str:
    texts = [", ".join(dict.fromkeys(filter(None, ways)))]
    for door in dict.fromkeys(door for door, path in doors if path):
        texts.append(f"{door} {', '.join(dict.fromkeys(path for name, path in doors if name == door and path))}")
    return f" ({' · '.join(filter(None, texts))})" if any(texts) else ""
