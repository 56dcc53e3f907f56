"""`POST /_sandbox/generate`: add synthetic patients to the running world while it still answers other requests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sandbox.errors import Conflict, Invalid
from sandbox.http.call import Call
from sandbox.http.control_operations import ControlOperation, body
from sandbox.model import Patient
from sandbox.store import Store
from sandbox.synthetic.homes import HomeOrganisation, home_organisations
from sandbox.synthetic.people.history import history
from sandbox.synthetic.people.nhs_numbers import COUNT
from sandbox.synthetic.people.told import History
from sandbox.worlds.slices import Slices

MOST = 1000
"""Maximum number of patients in one call: some seconds of work."""
KEYS = ("patients", "seed", "organisation")


async def _generate(call: Call) -> Any:
    """Generate the requested number of new patients; people already in the world are skipped."""
    payload = body(call, KEYS)
    patients, seed = _whole_number(payload, "patients", 10, 1, MOST), _whole_number(payload, "seed", 1, 0, 2**63)
    homes = _homes(call, payload.get("organisation"))
    new_patients: list[Patient] = []
    number, slices = 0, Slices()
    while len(new_patients) < patients:
        if number == COUNT:
            raise Conflict(f"The world already contains every patient of seed {seed}; choose another seed")
        patient_history = history(seed, number, call.workspace.clock.now(), homes[number % len(homes)].home)
        if _is_new(call.workspace.store, patient_history.patient):
            # Synthetic legacy ids count people, whatever the seed: those of two calls would be equal.
            patient = replace(patient_history.patient, legacy_id=call.workspace.ids.legacy())
            _keep(call.workspace.store, replace(patient_history, patient=patient))
            new_patients.append(patient)
        await slices.pause()  # other requests run between two people, also where people are skipped
        number += 1
    return {"seed": seed, "patients": [_patient_row(patient) for patient in new_patients]}


def _homes(call: Call, organisation: Any) -> tuple[HomeOrganisation, ...]:
    homes = home_organisations(call.workspace.store)
    if organisation is None:
        return homes
    chosen = tuple(place for place in homes if place.home.organisation == organisation)
    if not chosen:
        raise Invalid(f"organisation must be the id of an organisation with HL7 credentials, not {organisation!r}")
    return chosen


def _is_new(store: Store, patient: Patient) -> bool:
    """Return whether the id and numbers of a patient are new to the world."""
    holders = (
        store.find(Patient, "identifier", (identifier.type, identifier.value)) for identifier in patient.identifiers
    )
    return store.find_one(Patient, patient.id) is None and not any(holders)


def _keep(store: Store, patient_history: History) -> None:
    with store.transaction():
        for entity in patient_history.entities():
            store.put(entity)


def _patient_row(patient: Patient) -> dict[str, Any]:
    return {
        "id": patient.id,
        "legacy_id": patient.legacy_id,
        "nhs_number": patient.identifiers[0].value,
        "name": patient.name.display,
        "organisation": patient.organisations[0],
    }


def _whole_number(payload: dict[str, Any], key: str, default: int, least: int, most: int) -> int:
    value = payload.get(key, default)
    value = int(value) if isinstance(value, float) and value.is_integer() else value  # 10.0 is whole in JSON
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Invalid(f"{key} must be a whole number from {least} to {most}, not {value!r}")
    return value


OPERATIONS = (
    ControlOperation(
        "POST", "/generate", "Generates synthetic patients with records in the running world", _generate, 201
    ),
)
