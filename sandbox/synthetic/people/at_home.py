"""An invented patient as the organisation and team know them that look after the patient."""

from __future__ import annotations

from dataclasses import replace

from sandbox import model
from sandbox.synthetic.people.chance import chance
from sandbox.synthetic.people.told import Home

HOSPITAL_STEP = 1_000_003
"""Hospital numbers of different seeds lie so far apart: more than there are people of one."""


def at_home(patient: model.Patient, seed: int, number: int, home: Home) -> model.Patient:
    """The patient as the home knows them: its member, under its own number, most of them registered."""
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
