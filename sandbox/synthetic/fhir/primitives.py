"""Values of primitive types: realistic by the tables, otherwise plausible."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sandbox.base.clock import instant
from sandbox.synthetic.fhir.making import Making
from sandbox.synthetic.fhir.scene import practitioner
from sandbox.synthetic.fhir.structure import GeneratedElement
from sandbox.synthetic.fhir.tables import LOCAL, kebab, read_table, row_of, words
from sandbox.synthetic.people.pdf import pdf

_RARE = frozenset({"entered-in-error", "unknown", "error", "aborted", "rejected", "cancelled", "nullified"})
_FALSE = frozenset({"doNotPerform", "deceased", "inactive", "abstract", "caseSensitive", "experimental", "notGiven"})


def boolean(making: Making, owner: str, element: GeneratedElement) -> bool:
    return element.name not in _FALSE and element.choice not in _FALSE


def code(making: Making, owner: str, element: GeneratedElement) -> str:
    """Choose one of the codes that the element allows, except those for errors."""
    exact = read_table("codes").get(f"{owner}.{element.name}")
    usual = exact or [candidate for candidate in element.codes if candidate not in _RARE] or element.codes
    listed = usual or row_of(read_table("codes"), owner, element.name, element.choice) or ["active"]
    return str(listed[making.source.randrange(len(listed))])


def text(making: Making, owner: str, element: GeneratedElement) -> str:
    rows = row_of(read_table("texts")["texts"], owner, element.name, element.choice)
    row = making.source.choice(rows) if rows else f"{words(element.choice or element.name)} agreed in clinic"
    number = making.source.randint(1, 99)
    clinician = practitioner(making.scene.seed, making.scene.number % 24).display
    return str(row).format(noun=words(making.type), number=number, person=clinician)


def time_(making: Making, owner: str, element: GeneratedElement) -> datetime:
    """Return a time: in the future for planned events, otherwise during the event."""
    ahead = element.name in read_table("shapes")["future"]
    return making.later() if ahead else making.next_time()


def whole(making: Making, owner: str, element: GeneratedElement) -> int:
    low, high = row_of(read_table("numbers")["numbers"], owner, element.name, element.choice) or (1, 10)
    return making.source.randint(round(low), max(round(low), round(high)))


def decimal(making: Making, owner: str, element: GeneratedElement) -> int | float:
    low, high = row_of(read_table("numbers")["numbers"], owner, element.name, element.choice) or (0.5, 9.5)
    return number_between(making, low, high)


def number_between(making: Making, low: float, high: float) -> int | float:
    """Return a number with the precision of its bounds."""
    places = max(len(str(bound).partition(".")[2]) for bound in (low, high))
    drawn = round(making.source.uniform(low, high), places)
    return drawn if places and drawn != int(drawn) else int(drawn)


def uri(making: Making, owner: str, element: GeneratedElement) -> str:
    row = row_of(read_table("addresses"), owner, element.name, element.choice) or f"{LOCAL}/{kebab(element.name)}"
    return re.sub(r"\{(\w+)\}", lambda match: _address(making, match[1]), str(row))


def _address(making: Making, name: str) -> str:
    if name == "local":
        return LOCAL
    return making.scene.address_of(making.type if name == "own" else name)


def content(making: Making, owner: str, element: GeneratedElement) -> str:
    """Return a real PDF, in base64."""
    return base64.b64encode(document(making)).decode()


def document(making: Making) -> bytes:
    patient = making.person
    number = patient.identifiers[0].value
    born = patient.date_of_birth
    return pdf(
        "Northmoor NHS Trust",
        [
            f"{patient.name.display}, born {born:%d %B %Y}, NHS number {number[:3]} {number[3:6]} {number[6:]}",
            f"Dear {patient.name.display}, thank you for coming to our clinic on {making.at:%d %B %Y}.",
            "Everything was found to be stable. Please continue your treatment as before.",
            practitioner(making.scene.seed, making.scene.number % 24).display,
        ],
    )


PRIMITIVES: dict[str, Callable[[Making, str, GeneratedElement], Any]] = {
    "base64Binary": content,
    "boolean": boolean,
    "canonical": uri,
    "code": code,
    "date": lambda making, owner, element: time_(making, owner, element).date().isoformat(),
    "dateTime": lambda making, owner, element: instant(time_(making, owner, element)),
    "decimal": decimal,
    "id": lambda making, owner, element: kebab(owner),
    "instant": lambda making, owner, element: instant(time_(making, owner, element)),
    "integer": whole,
    "markdown": text,
    "oid": lambda making, owner, element: f"urn:oid:1.2.826.0.1.3680043.9.4245.{making.source.randint(1, 9999)}",
    "positiveInt": whole,
    "string": text,
    "time": lambda making, owner, element: (
        f"{making.source.randint(8, 17):02}:{5 * making.source.randint(0, 11):02}:00"
    ),
    "unsignedInt": whole,
    "uri": uri,
    "url": uri,
    "uuid": lambda making, owner, element: f"urn:uuid:{making.scene.id_of(making.type)}",
}
"""Primitive type → the function that generates a value for an element of an owner (`PatientContact`)."""
