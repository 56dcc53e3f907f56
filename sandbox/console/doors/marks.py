"""Which parts of JSON and of messages are which datum: by the places of the tables, and by the values there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sandbox.console.doors.data import Datum, EntityData
from sandbox.console.doors.names import names_of
from sandbox.console.doors.places import Located, Path, contains, equals, is_said, located

Marks = Mapping[Path, frozenset[str]]
"""Path of a value in JSON → the keys of the data that it shows."""


def marks_of(entity: EntityData, door: str, start: str, value: object, base: str = "") -> Marks:
    """Return the marks of an answer of a door. `start` is how the door's places begin there: a type and a dot, a call
    and a blank; `base` replaces it in the path inside the answer.
    """
    marks: dict[Path, set[str]] = {}
    for attribute in entity.table.attributes.values():
        data = entity.by_attribute.get(attribute.path, [])
        for place in getattr(attribute, door) if data else ():
            if place.startswith(start):
                spots = located(value, base + place.removeprefix(start))
                for key, spot in _pairs(entity, door, place, data, spots):
                    marks.setdefault(spot.path, set()).add(key)
    return {path: frozenset(keys) for path, keys in marks.items()}


def _pairs(
    entity: EntityData, door: str, place: str, data: list[Datum], spots: list[Located]
) -> Iterator[tuple[str, Located]]:
    """Return which datum of an attribute stands at which spot of its place.

    A spot whose value is written in words of the door's own still shows the only datum of the only attribute there.
    """
    is_alone = len(data) == 1 and entity.is_alone(door, place)
    for datum in data:
        matches = list(_matches(entity, place, datum, spots))
        for spot in matches or (spots if is_alone else ()):
            yield datum.key, spot


def _matches(entity: EntityData, place: str, datum: Datum, spots: list[Located]) -> Iterable[Located]:
    """Return the spots that equal the value or, if there are none, those that contain it or a word for it."""
    names = names_of(entity.store, datum.value) if datum.attribute.names else ()
    exact = [spot for spot in spots if equals(spot.value, datum.value, names)]
    if exact:
        return exact
    path = datum.attribute.path
    return [
        spot
        for spot in spots
        if contains(spot.value, datum.value, names) or is_said(path, place, datum.value, [spot.value])
    ]
