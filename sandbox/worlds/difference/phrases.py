"""What is said of a change: the words of the kind's table, or the label of the attribute with its old and new value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.worlds.attributes import Attribute, AttributeTable, Wording
from sandbox.worlds.difference.entries import AttributeChange
from sandbox.worlds.difference.printing import Printer
from sandbox.worlds.difference.reading import EMPTY, Reader, group_of

_FIELD = re.compile(r"\{([a-z0-9_.]+)\}")
VERBS = {"added": "added: {title}", "removed": "removed: {title}"}


@dataclass(frozen=True, slots=True)
class Speaker:
    """Puts the changes of one entity into words; the pairs are the state before and after."""

    readers: tuple[Reader, Reader]
    printers: tuple[Printer, Printer]
    before: Any | None
    after: Any | None

    @property
    def table(self) -> AttributeTable:
        return self.readers[0].table

    def text(self, changes: list[AttributeChange]) -> str:
        """`1 appointment moved from … to … (SIU^S13, SCH-11.4 · Facade Appointment.start)`."""
        if self.before is None or self.after is None:
            return f"1 {self.table.name} {self._whole(changes)}"
        phrases = "; ".join(self._phrases(changes)) or "changed"
        return f"1 {self.table.name} {phrases}"

    def _whole(self, changes: list[AttributeChange]) -> str:
        when = "removed" if self.after is None else "added"
        wording = next((row.text for row in self.table.words if row.when == when), VERBS[when])
        words = self._filled(wording, "").removesuffix(": ")
        doors = [f"Facade {self.table.facade}"] if self.table.facade else []
        doors = doors or ([f"Aggregated {self.table.aggregated}"] if self.table.aggregated else [])
        operation = next((change.exchange.operation for change in changes if change.exchange is not None), "")
        return words + _bracketed([operation], doors)

    def _phrases(self, changes: list[AttributeChange]) -> Iterator[str]:
        """A phrase for each group of changes; nothing more of those that another phrase covers."""
        groups: dict[str, list[AttributeChange]] = {}
        for change in changes:
            if not change.attribute.quiet:
                groups.setdefault(group_of(change.attribute.path, (self.after, self.before)), []).append(change)
        wordings = {group: self._wording(group) for group in groups}
        covered = {other for row in wordings.values() if row is not None for other in row.also}
        for group, members in groups.items():
            wording = wordings[group]
            words = self._filled(wording.text, group) if wording is not None else self._default(group, members)
            if words and group not in covered:
                yield words + _place(members)

    def _wording(self, group: str) -> Wording | None:
        old, new = (str(reader.group(entity, group) or "") for reader, entity in self._sides())
        return next(
            (
                row
                for row in self.table.words
                if row.of == group and old in (row.start or (old,)) and new in (row.to or (new,))
            ),
            None,
        )

    def _sides(self) -> Iterable[tuple[Reader, Any | None]]:
        return zip(self.readers, (self.before, self.after), strict=True)

    def _default(self, group: str, changes: list[AttributeChange]) -> str:
        """`location changed from … to …`; of a list, the items that came and went."""
        label = self._label(group, changes)
        old, new = (reader.group(entity, group) for reader, entity in self._sides())
        if isinstance(old, tuple) or isinstance(new, tuple):
            old, new = old or (), new or ()
            lost, gained = [item for item in old if item not in new], [item for item in new if item not in old]
        else:
            lost, gained = [old], [new]
        return self._said(label, self._listed(0, group, lost), self._listed(1, group, gained))

    def _said(self, label: str, lost: str, gained: str) -> str:
        if not lost:
            return f"{label} {gained} added"
        return f"{label} changed from {lost} to {gained}" if gained else f"{label} {lost} removed"

    def _label(self, group: str, changes: list[AttributeChange]) -> str:
        labels = [change.attribute.label for change in changes]
        return self.table.groups.get(group, labels[0])

    def _listed(self, side: int, group: str, values: list[Any]) -> str:
        return ", ".join(self._printed(side, group, value) for value in values if value not in EMPTY)

    def _printed(self, side: int, group: str, value: Any) -> str:
        attribute = self.table.attributes.get(group)
        text = self.printers[side].print(value, attribute)
        return self._dressed(side, attribute, text) if attribute is not None and text else text

    def _dressed(self, side: int, attribute: Attribute, text: str) -> str:
        """The text with what is read before and behind it: a comparator, a unit."""
        front, back = (self._of(side, path) if path else "" for path in (attribute.before, attribute.unit))
        return f"{front}{text} {back}".strip()

    def _of(self, side: int, path: str) -> str:
        entity = (self.before, self.after)[side]
        value = self.readers[side].group(entity, path)
        return "" if value in EMPTY else self._printed(side, path, value)

    def _filled(self, text: str, group: str) -> str:
        """The words with what stands in braces: values after the change, or before a removal."""
        side = 0 if self.after is None else 1

        def fill(field: re.Match[str]) -> str:
            name = field[1]
            if name == "title":
                return ", ".join(filter(None, (self._of(side, path) for path in self.table.title)))
            if name in ("before", "after"):
                return self._of(("before", "after").index(name), group)
            return self._of(side, name)

        return _FIELD.sub(fill, text)


def _place(changes: list[AttributeChange]) -> str:
    """` (SIU^S13, SCH-11.4 · Facade Appointment.start)`: how the change came, and where it shows."""
    exchange = next((change.exchange for change in changes if change.exchange is not None), None)
    ways = [exchange.operation] if exchange is not None else []
    if exchange is None or exchange.api == "hl7":
        ways += [change.hl7 for change in changes]
    elif exchange.api == "rest":
        ways += [key.rpartition(" ")[2] for change in changes for key in change.attribute.rest]
    facade = [change.attribute.facade for change in changes if change.attribute.facade]
    aggregated = [change.attribute.aggregated for change in changes if change.attribute.aggregated]
    doors = [f"Facade {', '.join(dict.fromkeys(facade))}"] if facade else []
    doors += [f"Aggregated {', '.join(dict.fromkeys(aggregated))}"] if aggregated and not facade else []
    return _bracketed(ways, doors)


def _bracketed(ways: list[str], doors: list[str]) -> str:
    parts = [", ".join(dict.fromkeys(filter(None, ways))), *doors]
    return f" ({' · '.join(filter(None, parts))})" if any(parts) else ""
