"""The table of attributes: which datum of PKB's model each door shows, and where.

A file for each kind of entity names, for each attribute, its label, the HL7 fields that bring it, its path on the
Facade and on Aggregated, and its key in the Custom REST API; a door that does not show it has none. `[internal]` lists
the attributes that no door shows and no difference tells, with the reason. `[[words]]` say what a change is called.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sandbox import datafiles, model

KINDS = ("appointment",)
"""The files, in the order in which a difference lists the kinds."""


@dataclass(frozen=True, slots=True)
class Hl7Field:
    """A field as `SCH-11.4`, and the messages that it stands in: the beginning of a profile's name, as `SIU`."""

    messages: str
    field: str

    @classmethod
    def parse(cls, text: str) -> Hl7Field:
        """`SIU SCH-11.4`, `ORU^R01 laboratory OBX-5`."""
        messages, _, field = text.rpartition(" ")
        return cls(messages, field)

    def __str__(self) -> str:
        return f"{self.messages} {self.field}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """A datum: `path` is its attribute, `name.family` for one of a part; the doors' places, each empty for none.

    `values` are words for the constants of the model, `names` the kinds of entity whose id it is, `unit` and `before`
    the attributes that people read behind and before the value. One that is `quiet` makes no difference by itself.
    """

    path: str
    label: str
    hl7: tuple[Hl7Field, ...] = ()
    facade: str = ""
    aggregated: str = ""
    rest: tuple[str, ...] = ()
    values: Mapping[str, str]
    names: tuple[str, ...] = ()
    unit: str = ""
    before: str = ""
    quiet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What a change is called: when an entity was `added` or `removed`, or when the attribute `of` changed.

    `start` and `to` limit it to changes from and to these values; `also` are attributes of which nothing more is said.
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
    """One kind: its entity, what people call it, and its attributes by their paths.

    `title` tells one from another. `groups` labels what people read as one value though it has several attributes.
    `follows` are attributes that hold ids of entities which belong to it.
    """

    entity: type[Any]
    name: str
    title: tuple[str, ...]
    patient: str
    facade: str
    aggregated: str
    rest: str
    attributes: Mapping[str, Attribute]
    internal: Mapping[str, str]
    words: tuple[Wording, ...]
    groups: Mapping[str, str]
    follows: Mapping[str, type[Any]]


@cache
def tables() -> dict[type[Any], AttributeTable]:
    """Entity → its table, in the order in which a difference lists them."""
    return {table.entity: table for table in map(_read, KINDS)}


def _read(kind: str) -> AttributeTable:
    row = datafiles.read_toml(datafiles.beside_code(f"worlds/attributes/{kind}.toml"))
    facade, aggregated = row.get("facade", ""), row.get("aggregated", "")
    rest = row.get("rest", "")
    return AttributeTable(
        entity=getattr(model, row["entity"]),
        name=row["name"],
        title=tuple(row.get("title", ())),
        patient=row.get("patient", "patient"),
        facade=facade,
        aggregated=aggregated,
        rest=rest,
        attributes={
            path: _attribute(path, cells, {"facade": facade, "aggregated": aggregated, "rest": rest})
            for path, cells in row["attributes"].items()
        },
        internal=row.get("internal", {}),
        words=tuple(map(_wording, row.get("words", ()))),
        groups=row.get("groups", {}),
        follows={path: getattr(model, name) for path, name in row.get("follows", {}).items()},
    )


def _attribute(path: str, cells: dict[str, Any], doors: dict[str, str]) -> Attribute:
    """A row, whose paths begin at the resource of the kind, and whose key at its REST call unless it names another."""
    rest = [key if " " in key else f"{doors['rest']} {key}" for key in _listed(cells.get("rest", ()))]
    return Attribute(
        path=path,
        label=cells["label"],
        hl7=tuple(map(Hl7Field.parse, cells.get("hl7", ()))),
        facade=f"{doors['facade']}.{cells['facade']}" if cells.get("facade") else "",
        aggregated=f"{doors['aggregated']}.{cells['aggregated']}" if cells.get("aggregated") else "",
        rest=tuple(rest),
        values=cells.get("values", {}),
        names=tuple(_listed(cells.get("names", ()))),
        unit=cells.get("unit", ""),
        before=cells.get("before", ""),
        quiet=cells.get("quiet", False),
    )


def _wording(row: dict[str, Any]) -> Wording:
    return Wording(
        text=row["text"],
        when=row.get("when", "changed"),
        of=row.get("of", ""),
        start=tuple(_listed(row.get("from", ()))),
        to=tuple(_listed(row.get("to", ()))),
        also=tuple(row.get("also", ())),
    )


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
