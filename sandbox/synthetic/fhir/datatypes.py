"""Values of FHIR's data types: names, addresses, codes, amounts, times, references.

Source: https://hl7.org/fhir/R4/datatypes.html , https://hl7.org/fhir/STU3/datatypes.html
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from datetime import timedelta
from html import escape
from typing import Any

from sandbox.base.clock import instant
from sandbox.model import Address, Name
from sandbox.synthetic.fhir.making import Making
from sandbox.synthetic.fhir.primitives import content, number_between, text
from sandbox.synthetic.fhir.references import reference
from sandbox.synthetic.fhir.structure import GeneratedElement
from sandbox.synthetic.fhir.tables import LOCAL, coding, kebab, local_coding, read_table, row_of, words
from sandbox.synthetic.people import people

Json = dict[str, Any]
UCUM = "http://unitsofmeasure.org"
HOMES = ("Patient", "PatientContact", "Person", "RelatedPerson")
"""Types whose addresses are homes."""

SHORT = ("Encounter", "Appointment", "Observation", "Procedure", "DiagnosticReport", "Specimen", "Slot", "ImagingStudy")
"""Types whose periods last minutes; the periods of all others last months."""


def human_name(name: Name) -> Json:
    """Return a name in FHIR's parts."""
    given_names = [part for part in (name.given, name.middle) if part]
    parts: Json = {"use": "official", "text": name.display, "family": name.family, "given": given_names}
    return {**parts, "prefix": [name.title]} if name.title else parts


def postal_address(address: Address, use: str = "home") -> Json:
    """Return an address in FHIR's parts."""
    lines = [line for line in (address.line1, address.line2) if line]
    return {
        "use": use,
        "type": "both",
        "text": ", ".join((*lines, address.city, address.postcode)),
        "line": lines,
        "city": address.city,
        "district": address.state,
        "state": address.state,
        "postalCode": address.postcode,
        "country": address.country,
    }


def _use(owner: str) -> str:
    """Return the use of an address; only people have homes (org-2)."""
    return "home" if owner in HOMES else "work"


def telecom(phone: str, email: str, use: str = "mobile") -> list[Json]:
    """Return a telephone number and an e-mail address."""
    return [{"system": "phone", "value": phone, "use": use}, {"system": "email", "value": email}]


def concept(making: Making, owner: str, element: GeneratedElement) -> Json:
    """Return a CodeableConcept with one coding."""
    chosen = one_coding(making, owner, element)
    return {"coding": [chosen], "text": chosen["display"]}


def one_coding(making: Making, owner: str, element: GeneratedElement) -> Json:
    rows = row_of(read_table("concepts")["concepts"], owner, element.name, element.choice)
    if rows:
        return coding(making.scene.release, making.source.choice(rows))
    return local_coding(owner, element.choice or element.name, making.turn)


def identifier(making: Making, owner: str, element: GeneratedElement) -> Json:
    """Return a number issued by the trust, different for each instance."""
    parts = (making.scene.seed, making.type, making.scene.number, making.scene.repeat, owner, element.name)
    # Not `hash`, whose value for a text differs from process to process.
    number = zlib.crc32("/".join(str(part) for part in parts).encode())
    initials = "".join(letter for letter in making.type if letter.isupper())[:3]
    return {"system": f"{LOCAL}/identifier/{kebab(making.type)}", "value": f"{initials}{number:010}"}


def period(making: Making, owner: str, element: GeneratedElement) -> Json:
    start = making.next_time()
    if owner.startswith(SHORT):
        return {"start": instant(start), "end": instant(start + timedelta(minutes=30))}
    end = start + timedelta(days=making.source.randint(28, 180))
    # A period that goes on after the day of the world has no end yet.
    return {"start": instant(start), "end": instant(end)} if end < making.scene.as_of else {"start": instant(start)}


DEFAULT_AMOUNTS: dict[str, list[Any]] = {
    "Age": [18, 80, "years", "a"],
    "Count": [1, 12, "1", "1"],
    "Distance": [0.5, 4.5, "km", "km"],
    "Duration": [10, 90, "minutes", "min"],
}


def _amount(owner: str, element: GeneratedElement) -> list[Any]:
    row: list[Any] | None = DEFAULT_AMOUNTS.get(element.type)
    listed: list[Any] | None = row_of(read_table("numbers")["amounts"], owner, element.name, element.choice)
    return row or listed or [5, 50, "mg", "mg"]


def amount(value: float, unit: str, code: str) -> Json:
    """Return a Quantity in a unit of UCUM."""
    return {"value": value, "unit": unit, "system": UCUM, "code": code}


def quantity(making: Making, owner: str, element: GeneratedElement) -> Json:
    low, high, unit, code = _amount(owner, element)
    return amount(number_between(making, low, high), unit, code)


def range_(making: Making, owner: str, element: GeneratedElement) -> Json:
    low, high, unit, code = _amount(owner, element)
    return {"low": amount(low, unit, code), "high": amount(high, unit, code)}


def ratio(making: Making, owner: str, element: GeneratedElement) -> Json:
    return {"numerator": quantity(making, owner, element), "denominator": amount(1, "tablet", "{tbl}")}


def money(making: Making, owner: str, element: GeneratedElement) -> Json:
    low, high = row_of(read_table("numbers")["money"], owner, element.name, element.choice) or (10.25, 90.75)
    value = number_between(making, low, high)
    # In STU3, Money is a Quantity with a currency as its unit.
    if making.scene.release == "r4":
        return {"value": value, "currency": "GBP"}
    return {"value": value, "unit": "GBP", "system": "urn:iso:std:iso:4217", "code": "GBP"}


def sampled_data(making: Making, owner: str, element: GeneratedElement) -> Json:
    samples = " ".join(str(making.source.randint(-40, 180)) for _ in range(20))
    return {"origin": amount(0, "mV", "mV"), "period": 100, "dimensions": 1, "data": samples}


def attachment(making: Making, owner: str, element: GeneratedElement) -> Json:
    return {
        "contentType": "application/pdf",
        "language": "en-GB",
        "data": content(making, owner, element),
        "title": text(making, "Attachment", GeneratedElement(name="title", type="string")),
        "creation": instant(making.at),
    }


def annotation(making: Making, owner: str, element: GeneratedElement) -> Json:
    return {
        "time": instant(making.next_time()),
        "text": text(making, "Annotation", GeneratedElement(name="text", type="string")),
    }


def timing(making: Making, owner: str, element: GeneratedElement) -> Json:
    event = [instant(making.next_time())]
    return {"event": event, "repeat": {"frequency": making.source.randint(1, 3), "period": 1, "periodUnit": "d"}}


def signature(making: Making, owner: str, element: GeneratedElement) -> Json:
    signatory = reference(
        making, "Signature", GeneratedElement(name="who", type="Reference", targets=("Practitioner",))
    )
    # R4 has one element in place of the choice between whoUri and whoReference.
    key = "who" if making.scene.release == "r4" else "whoReference"
    type_ = GeneratedElement(name="type", type="Coding")
    return {"type": [one_coding(making, "Signature", type_)], "when": instant(making.next_time()), key: signatory}


def meta(making: Making, owner: str, element: GeneratedElement) -> Json:
    """Return the `meta` that a sender may set: its source, a profile that every validator knows, a privacy label, and
    a tag for synthetic data.
    """
    labels = {
        name: one_coding(making, "Meta", GeneratedElement(name=name, type="Coding")) for name in ("security", "tag")
    }
    profile = f"http://hl7.org/fhir/StructureDefinition/{making.type}"
    values: Json = {"profile": [profile], **{name: [label] for name, label in labels.items()}}
    # meta.source is new in R4.
    return {"source": f"{LOCAL}/epr", **values} if making.scene.release == "r4" else values


def narrative(making: Making, owner: str, element: GeneratedElement) -> Json:
    whose = "Northmoor NHS Trust" if making.type in read_table("shapes")["pools"] else making.person.name.display
    text = escape(f"{words(making.type)} of {whose}, {making.at:%d %B %Y}")
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{text}</p></div>'}


def element_definition(making: Making, owner: str, element: GeneratedElement) -> Json:
    path = "Patient.maritalStatus"
    return {"id": path, "path": path, "short": "Marital status", "min": 0, "max": "1"}


def trigger(making: Making, owner: str, element: GeneratedElement) -> Json:
    # Renamed in R4.
    return {"type": "named-event", "name" if making.scene.release == "r4" else "eventName": "admission"}


DATATYPES: dict[str, Callable[[Making, str, GeneratedElement], Any]] = {
    "Address": lambda making, owner, element: postal_address(people.address(making.source), _use(owner)),
    "Age": quantity,
    "Annotation": annotation,
    "Attachment": attachment,
    "CodeableConcept": concept,
    "Coding": one_coding,
    "ContactPoint": lambda making, owner, element: telecom(people.phone(making.source), "desk@northmoor.example")[0],
    "Count": quantity,
    "DataRequirement": lambda making, owner, element: {"type": "Patient"},
    "Distance": quantity,
    "Duration": quantity,
    "ElementDefinition": element_definition,
    "Expression": lambda making, owner, element: {"language": "text/fhirpath", "expression": "Patient.active"},
    "HumanName": lambda making, owner, element: human_name(people.professional_name(making.source)),
    "Identifier": identifier,
    "Meta": meta,
    "Money": money,
    "Narrative": narrative,
    "Period": period,
    "Quantity": quantity,
    "Range": range_,
    "Ratio": ratio,
    "Reference": reference,
    "SampledData": sampled_data,
    "Signature": signature,
    "Timing": timing,
    "TriggerDefinition": trigger,
}
"""Data type → the function that generates a value for an element. All other types are generated element by element."""
