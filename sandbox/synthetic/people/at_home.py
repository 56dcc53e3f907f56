"""Register a synthetic patient with an organisation and team."""

from __future__ import annotations

from dataclasses import replace

from sandbox import model
from sandbox.synthetic.people.chance import chance
from sandbox.synthetic.people.told import Home

HOSPITAL_STEP = 1_000_003
"""Distance between the hospital numbers of different seeds: more than the people of one seed."""


def at_home(patient: model.Patient, seed: int, number: int, home: Home) -> model.Patient:
    """Return the patient as a member of the home, with its local number; most are registered."""
    if not home.organisation:
        return patient
    own = (
        (model.Identifier(type=home.local_id_type, value=f"H{(seed * HOSPITAL_STEP + number) % 10**8:08}"),)
        if home.local_id_type
        else ()
    )
    return replace(
        patient,
        identifiers=(*patient.identifiers, *own),
        organisations=(home.organisation,),
        teams=(home.team,),
        registered=chance(seed, "registered", number).random() < 0.6 and not patient.deceased,
    )
