"""Patient: the record's demographics, identifiers and contacts.

Source: *Aggregated Patient*, https://pkbdev.atlassian.net/wiki/pages/viewpage.action?pageId=3711074317
"""

from __future__ import annotations

from sandbox.fhir.aggregated.linking.identity import PUBLIC_ID
from sandbox.fhir.aggregated.mapped.common import Json, date_time, without_empty
from sandbox.fhir.aggregated.output.meta import STRUCTURE
from sandbox.fhir.base.identifiers import identifier_systems
from sandbox.fhir.rendered.demographics import GENDERS, addresses
from sandbox.model import Contact, Patient
from sandbox.store import Store


def to_r4(store: Store, patient: Patient) -> Json:
    """Map a record to `aggregated-patient`. Local numbers have the ids of their types as system."""
    name, died_at = patient.name, patient.died_at
    return without_empty(
        {
            "resourceType": "Patient",
            "extension": _extensions(patient),
            "identifier": _identifiers(patient),
            "name": [
                without_empty(
                    {
                        "family": name.family,
                        "given": [part for part in (name.given, name.middle) if part],
                        "prefix": [name.title] if name.title else [],
                    }
                )
            ],
            "telecom": ([{"system": "phone", "value": patient.phone}] if patient.phone else [])
            + [_email(contact) for contact in patient.contacts],
            "gender": GENDERS[patient.gender],
            "birthDate": patient.date_of_birth.isoformat() if patient.date_of_birth else "",
            "deceasedDateTime": date_time(died_at) if patient.deceased else "",
            "deceasedBoolean": True if patient.deceased and died_at is None else None,
            "address": addresses(patient.address),
        }
    )


def _extensions(patient: Patient) -> list[Json]:
    account = {"identifier": {"system": PUBLIC_ID[1], "value": patient.id}}
    return [
        {"url": f"{STRUCTURE}/default-account", "valueReference": account},
        {"url": f"{STRUCTURE}/status", "valueString": user_status(patient)},
        {"url": f"{STRUCTURE}/registered", "valueBoolean": patient.registered},
        {"url": f"{STRUCTURE}/sharing-disabled", "valueBoolean": patient.sharing_disabled},
        {"url": f"{STRUCTURE}/access-frozen", "valueBoolean": patient.access_frozen},
    ]


def user_status(patient: Patient) -> str:
    """Return PKB's user status, as far as the record determines it."""
    if patient.deceased:
        return "DEAD"
    if not patient.activated:
        return "NEW"
    confirmed = any(contact.confirmed for contact in patient.contacts)
    if patient.registered:
        return "EMAIL_CONFIRMED" if confirmed else "ACTIVE"
    # An address is confirmed at registration and stays confirmed when the account ends (aggregated.status).
    if confirmed:
        return "INACTIVE"
    return "INVITED" if patient.contacts else "NOCONTACT"


def _identifiers(patient: Patient) -> list[Json]:
    systems = identifier_systems()
    numbers = [{"system": systems.get(i.type, f"urn:uuid:{i.type}"), "value": i.value} for i in patient.identifiers]
    return [*numbers, {"system": PUBLIC_ID[0], "value": patient.id}]


def _email(contact: Contact) -> Json:
    return without_empty({"system": "email", "value": contact.value, "rank": 1 if contact.primary else None})
