"""Types that need more than element by element, especially people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sandbox.base.clock import instant
from sandbox.synthetic.fhir.datatypes import human_name, postal_address, telecom
from sandbox.synthetic.fhir.making import Making
from sandbox.synthetic.fhir.references import reference
from sandbox.synthetic.fhir.scene import Scene, practitioner
from sandbox.synthetic.fhir.structure import GeneratedElement
from sandbox.synthetic.fhir.tables import read_table
from sandbox.synthetic.people import people
from sandbox.synthetic.people.chance import chance

Json = dict[str, Any]
NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
GMC = "https://fhir.hl7.org.uk/Id/gmc-number"
ODS = "https://fhir.nhs.uk/Id/ods-organization-code"
GENDERS = {"MALE": "male", "FEMALE": "female", "INDETERMINATE": "other", "UNKNOWN": "unknown"}


def patient(making: Making) -> Json:
    person = making.person
    died = {"deceasedDateTime": instant(person.died_at)} if person.died_at else {"deceasedBoolean": False}
    managed = {"managingOrganization": _organization(making)} if making.scene.has("Organization") else {}
    return {**_somebody(making), **died, **managed}


def _organization(making: Making) -> Json:
    scene = replace(making.scene, number=making.scene.managed_by)
    return {"reference": f"Organization/{scene.id_of('Organization')}", "display": organization_row(scene)[0]}


def person(making: Making) -> Json:
    return _somebody(making)


def _somebody(making: Making) -> Json:
    person = making.person
    assert person.date_of_birth is not None  # noqa: S101 - invented people were born
    return {
        "identifier": [{"use": "official", "system": NHS_NUMBER, "value": person.identifiers[0].value}],
        "active": True,
        "name": [human_name(person.name)],
        "telecom": telecom(person.phone, person.email),
        "gender": GENDERS[person.gender],
        "birthDate": person.date_of_birth.isoformat(),
        "address": [postal_address(person.address)],
    }


def related_person(making: Making) -> Json:
    """Return a person of the same family and address."""
    person = making.person
    source = chance(making.scene.seed, "RelatedPerson", making.scene.number)
    name = people.professional_name(source, "")
    return {
        "active": True,
        "name": [{**human_name(name), "family": person.name.family, "text": f"{name.given} {person.name.family}"}],
        "telecom": telecom(people.phone(source), people.email(name, making.scene.number)),
        "address": [postal_address(person.address)],
    }


def practitioner_(making: Making) -> Json:
    number, _ = making.scene.place("Practitioner")
    name = practitioner(making.scene.seed, number)
    source = chance(making.scene.seed, "Practitioner", number, "contact")
    local = f"{name.given}.{name.family}".lower().replace("'", "")
    return {
        "identifier": [{"system": GMC, "value": f"C{source.randint(1_000_000, 7_999_999)}"}],
        "active": True,
        "name": [human_name(name)],
        "telecom": telecom(people.phone(source), f"{local}@northmoor.example", "work"),
    }


def organization(making: Making) -> Json:
    name, code = organization_row(making.scene)
    return {"identifier": [{"system": ODS, "value": code}], "active": True, "name": name}


def organization_row(scene: Scene) -> tuple[str, str]:
    """Return name and ODS code of the Organization of a scene."""
    rows = read_table("shapes")["organizations"]
    number, _ = scene.place("Organization")
    name, code = rows[number % len(rows)]
    return name, code


def appointment(making: Making) -> Json:
    """Return the participants and the location of an appointment."""
    types = ("Patient", "Practitioner", "Location")
    actors = [reference(making, "AppointmentParticipant", _actor(type_)) for type_ in types]
    participants = [actor for actor in actors if actor]
    return {"participant": [{"actor": actor, "status": "accepted"} for actor in participants]} if participants else {}


def _actor(type_: str) -> GeneratedElement:
    return GeneratedElement(name="actor", type="Reference", targets=(type_,))


PORTRAITS: dict[str, Callable[[Making], Json]] = {
    "Appointment": appointment,
    "Organization": organization,
    "Patient": patient,
    "Person": person,
    "Practitioner": practitioner_,
    "RelatedPerson": related_person,
}
"""Resource type → elements with fixed generators, by name; None omits an element."""
