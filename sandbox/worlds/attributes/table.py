"""Read the tables of attributes from the files beside this one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sandbox import model
from sandbox.base import datafiles
from sandbox.worlds.attributes.kinds import ENTITIES

Cells = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Hl7Field:
    """A field such as `SCH-11.4`, and its messages: prefixes of profile names; none for any message."""

    messages: tuple[str, ...]
    field: str

    @classmethod
    def parse(cls, text: str) -> Hl7Field:
        """`SIU SCH-11.4`, `ORU^R01 laboratory OBX-5`, `ADT^A28/A31 AL1-3.1`, `PID-5.1`."""
        messages, _, field = text.rpartition(" ")
        if not messages:
            return cls((), field)
        first, *others = messages.split("/")
        return cls((first, *(f"{first.partition('^')[0]}^{event}" for event in others)), field)

    def is_in(self, profile: str) -> bool:
        return not self.messages or profile.startswith(self.messages)

    def __str__(self) -> str:
        events = [name.rpartition("^")[2] for name in self.messages[1:]]
        return f"{'/'.join((*self.messages[:1], *events))} {self.field}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """A datum: `path` is its attribute, such as `name.family`; then its place in each API, empty where it has none.

    `query` is the field in the answer to QRY^A19. `values` are words for the constants of the model, `names` the kinds
    of entity whose id it is, `unit` and `before` the attributes that people read behind and before the value. A
    difference omits a `quiet` attribute. `shows_with` is the setting that makes Aggregated show it, if one does. `json`
    is the attribute with a resource's JSON, each element of which is a datum.
    """

    path: str
    label: str
    hl7: tuple[Hl7Field, ...] = ()
    query: str = ""
    facade: tuple[str, ...] = ()
    aggregated: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()
    values: Mapping[str, str]
    names: tuple[str, ...] = ()
    unit: str = ""
    before: str = ""
    quiet: bool = False
    shows_with: str = ""
    json: bool = False


@dataclass(frozen=True, slots=True)
class AttributeGroup:
    """Attributes that people read as one value: their label, and for items of a list their words in braces."""

    label: str
    item: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The name of a change: of an entity that was `added` or `removed`, or of the attribute `of` that changed.

    `start` and `to` limit it to changes from and to these values; `also` are attributes whose changes it covers too.
    The text may hold `{before}`, `{after}`, `{title}` and attributes in braces.
    """

    text: str
    when: str = "changed"
    of: str = ""
    start: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeTable:
    """One kind: its entity, its name for people, and its attributes by path.

    `title` are the attributes in the name of an added or removed entity, `called` those in the name of a changed one.
    `groups` are labels of several attributes that people read as one value. `follows` are attributes with ids of
    entities that belong to it; `patient` is the attribute with the id of the record. `aggregated_with` is the setting
    that makes Aggregated show the kind, if one does. An entity with one of the values of `unless` is not data for
    people.
    """

    entity: type[Any]
    name: str
    plural: str
    title: tuple[str, ...]
    called: tuple[str, ...]
    patient: str
    facade: str
    aggregated: str
    aggregated_with: str
    rest: tuple[str, ...]
    attributes: Mapping[str, Attribute]
    internal: Mapping[str, str]
    words: tuple[Wording, ...]
    groups: Mapping[str, AttributeGroup]
    follows: Mapping[str, type[Any]]
    unless: Mapping[str, str]

    def has(self, entity: Any | None) -> bool:
        """Return whether the entity is data for people: stored, not deleted, and not derived by the sandbox."""
        if entity is None or getattr(entity, "deleted", False):
            return False
        return all(getattr(entity, name) != value for name, value in self.unless.items())


@cache
def tables() -> dict[type[Any], AttributeTable]:
    """Entity → its table, in the order in which a difference lists them."""
    return {table.entity: table for table in map(table_of, ENTITIES)}


@cache
def internal_entities() -> Mapping[str, str]:
    """The names of the entities without a table → the reason."""
    reasons: dict[str, str] = _file("internal")["entities"]
    return reasons


@cache
def table_of(kind: str) -> AttributeTable:
    """Read the table in the file of a kind."""
    row = _file(kind)
    doors = {door: _listed(row.get(door, ())) for door in ("facade", "aggregated", "rest")}
    internal = row.get("internal", {})
    rows = {path: cells for path, cells in _rows(row).items() if path not in internal}
    return AttributeTable(
        entity=ENTITIES[kind],
        name=row["name"],
        plural=row["plural"],
        title=tuple(row.get("title", ())),
        called=tuple(row.get("called", ())),
        patient=row.get("patient", "patient"),
        facade=row.get("facade", ""),
        aggregated=row.get("aggregated", ""),
        aggregated_with=row.get("aggregated_with", ""),
        rest=doors["rest"],
        attributes={
            path: _attribute(path, cells, doors, row.get("aggregated_with", "")) for path, cells in rows.items()
        },
        internal=internal,
        words=tuple(map(_wording, row.get("words", ()))),
        groups={path: AttributeGroup(*_listed(cell)) for path, cell in row.get("groups", {}).items()},
        follows={path: getattr(model, name) for path, name in row.get("follows", {}).items()},
        unless=row.get("unless", {}),
    )


def _file(kind: str) -> dict[str, Any]:
    return datafiles.read_toml(datafiles.beside_code(f"worlds/attributes/{kind}.toml"))


def _rows(row: dict[str, Any]) -> dict[str, Cells]:
    """Return the rows that the kind shares with others, overridden by its own, then its other rows."""
    shared: dict[str, Cells] = _file(row["shared"])["attributes"] if "shared" in row else {}
    return shared | {path: {**shared.get(path, {}), **cells} for path, cells in row["attributes"].items()}


def _attribute(path: str, cells: Cells, doors: Mapping[str, tuple[str, ...]], shows_with: str) -> Attribute:
    return Attribute(
        path=path,
        label=cells["label"],
        hl7=tuple(map(Hl7Field.parse, cells.get("hl7", ()))),
        query=cells.get("query", ""),
        facade=_places(cells.get("facade", ()), doors["facade"], "."),
        aggregated=_places(cells.get("aggregated", ()), doors["aggregated"], "."),
        rest=_places(cells.get("rest", ()), doors["rest"], " "),
        values=cells.get("values", {}),
        names=_listed(cells.get("names", ())),
        unit=cells.get("unit", ""),
        before=cells.get("before", ""),
        quiet=cells.get("quiet", False),
        shows_with=shows_with,
        json=cells.get("json", False),
    )


def _places(cell: Any, starts: tuple[str, ...], joint: str) -> tuple[str, ...]:
    """The places in each resource or answer of the kind; one with a blank names its own."""
    return tuple(
        place
        for text in _listed(cell)
        for place in ([text] if " " in text else [f"{start}{joint}{text}" for start in starts])
    )


def _wording(row: Cells) -> Wording:
    return Wording(
        text=row["text"],
        when=row.get("when", "changed"),
        of=row.get("of", ""),
        start=_listed(row.get("from", ())),
        to=_listed(row.get("to", ())),
        also=tuple(row.get("also", ())),
    )


def _listed(cell: Any) -> tuple[str, ...]:
    """Return the texts of a cell with one text or several; an empty text is none."""
    return tuple(filter(None, (cell,) if isinstance(cell, str) else cell))
