"""What of the data reaches whom: each kind of data, how it comes in, and how much of it each API shows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from starlette.responses import Response

from sandbox.console.pages.start.capabilities.page import DOORS, render_capabilities
from sandbox.http.call import Call
from sandbox.model import HeldMessage, Resource
from sandbox.worlds.attributes.table import Attribute, AttributeTable, tables

LEFT_OUT = (HeldMessage,)
"""Kinds that are not data of a record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """How much of a kind an API shows: its places, and how many of the kind's data; `setting` if it needs one."""

    places: tuple[str, ...] = ()
    count: int = 0
    setting: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRow:
    """A kind of data: the HL7 messages that bring it, and the doors in the order of the page's columns."""

    name: str
    total: int
    messages: tuple[str, ...]
    doors: tuple[Door, ...]


def show_reach_of_data(call: Call) -> Response:
    return render_capabilities(call, DOORS, "doors.html", "What of the data reaches whom", rows=_rows())


@cache
def _rows() -> list[KindRow]:
    return [_row(table) for table in tables().values() if table.entity not in (*LEFT_OUT, Resource)]


def _row(table: AttributeTable) -> KindRow:
    attributes = list(table.attributes.values())
    query = sum(bool(attribute.query) for attribute in attributes)
    aggregated = (table.aggregated,) if table.aggregated else ()
    return KindRow(
        name=table.plural,
        total=len(attributes),
        messages=_messages(attributes),
        doors=(
            Door(places=("ADR^A19",) if query else (), count=query),
            Door(places=(table.facade,) if table.facade else (), count=sum(bool(a.facade) for a in attributes)),
            Door(places=table.rest, count=sum(bool(a.rest) for a in attributes)),
            Door(places=aggregated, count=sum(bool(a.aggregated) for a in attributes), setting=table.aggregated_with),
        ),
    )


def _messages(attributes: list[Attribute]) -> tuple[str, ...]:
    """Return the messages that bring a kind, without those that a shorter name covers."""
    names = dict.fromkeys(str(field).rpartition(" ")[0] for attribute in attributes for field in attribute.hl7)
    return tuple(
        name for name in names if name and not any(name != other and name.startswith(other) for other in names if other)
    )
