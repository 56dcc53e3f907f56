"""The data of an entity: each attribute that has a value, by a key that all doors share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sandbox.store import Store
from sandbox.store.states import State
from sandbox.worlds.attributes.table import Attribute, AttributeTable, tables
from sandbox.worlds.difference.reading import AttributeReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Datum:
    """One value: `key` is the path of its attribute with the positions of list items."""

    key: str
    attribute: Attribute
    value: Any


@dataclass(frozen=True, kw_only=True)
class EntityData:
    """An entity with its data by attribute."""

    store: Store = field(repr=False)
    entity: Any

    @property
    def table(self) -> AttributeTable:
        return tables()[type(self.entity)]

    @property
    def is_removed(self) -> bool:
        return not self.table.has(self.entity)

    @cached_property
    def by_attribute(self) -> Mapping[str, list[Datum]]:
        """Attribute → its values, several if it belongs to the items of a list; none of an empty one."""
        reader = AttributeReader(self.table, State.of_store(self.store))
        leaves = ((path, row, reader.leaves(self.entity, row)) for path, row in self.table.attributes.items())
        return {
            path: [Datum(key=key, attribute=row, value=value) for key, value in _items(values)]
            for path, row, values in leaves
            if values
        }

    @cached_property
    def labels(self) -> dict[str, str]:
        """Key → the words for it."""
        return {datum.key: datum.attribute.label for data in self.by_attribute.values() for datum in data}

    def is_alone(self, door: str, place: str) -> bool:
        """Return whether a place of a door belongs to one attribute only."""
        return sum(place in getattr(row, door) for row in self.table.attributes.values()) == 1


def _items(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Return the items of lists of words or ids as data of their own."""
    for key, value in values.items():
        if isinstance(value, tuple):
            yield from ((f"{key}[{position}]", item) for position, item in enumerate(value))
        else:
            yield key, value
