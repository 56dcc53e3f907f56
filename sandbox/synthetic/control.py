"""`POST /_sandbox/generate`: invented people into the running world, while everybody else is still answered."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from sandbox.errors import Conflict, Invalid
from sandbox.http.call import Call
from sandbox.http.control_operations import Operation, body
from sandbox.model import Patient
from sandbox.store import Store
from sandbox.synthetic.homes import Place, places
from sandbox.synthetic.people.history import history
from sandbox.synthetic.people.nhs_numbers import COUNT
from sandbox.synthetic.people.told import History

MOST = 1000
"""People in one call: some seconds of work."""
KEYS = ("patients", "seed", "organisation")


async def _generate(call: Call) -> Any:
    """Makes people until there are as many new ones as asked for; who is already there is passed over."""
    given = body(call, KEYS)
    patients, seed = _whole(given, "patients", 10, 1, MOST), _whole(given, "seed", 1, 0, 2**63)
    homes = _homes(call, given.get("organisation"))
    made: list[Patient] = []
    number = 0
    while len(made) < patients:
        if number == COUNT:
            raise Conflict(f"The world has everybody that seed {seed} makes: choose another seed")
        told = history(seed, number, call.workspace.clock.now(), homes[number % len(homes)].home)
        if _is_new(call.workspace.store, told.patient):
            patient = replace(told.patient, legacy_id=call.workspace.ids.legacy())
            _keep(call.workspace.store, replace(told, patient=patient))
            made.append(patient)
            await asyncio.sleep(0)  # whoever waits goes first
        number += 1
    return {"seed": seed, "patients": [_shown(patient) for patient in made]}


def _homes(call: Call, organisation: Any) -> tuple[Place, ...]:
    found = places(call.workspace.store)
    if organisation is None:
        return found
    chosen = tuple(place for place in found if place.home.organisation == organisation)
    if not chosen:
        raise Invalid(f"organisation must be the id of one that sends HL7, not {organisation!r}")
    return chosen


def _is_new(store: Store, patient: Patient) -> bool:
    """Whether nobody in the world has the id or a number of this patient."""
    taken = (store.find(Patient, "identifier", (one.type, one.value)) for one in patient.identifiers)
    return store.find_one(Patient, patient.id) is None and not any(taken)


def _keep(store: Store, told: History) -> None:
    with store.transaction():
        for entity in told.entities():
            store.put(entity)


def _shown(patient: Patient) -> dict[str, Any]:
    return {
        "id": patient.id,
        "legacy_id": patient.legacy_id,
        "nhs_number": patient.identifiers[0].value,
        "name": patient.name.display,
        "organisation": patient.organisations[0],
    }


def _whole(given: dict[str, Any], key: str, default: int, least: int, most: int) -> int:
    value = given.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Invalid(f"{key} must be a whole number from {least} to {most}, not {value!r}")
    return value


OPERATIONS = (Operation("POST", "/generate", "Invents people, with records, in the running world", _generate, 201),)
