"""The general practitioner and the next of kin of a patient: each sending replaces what was there.

Sources: *GP details* (roadmap),
https://sites.google.com/a/patientsknowbest.com/api-documentation/home/hl7-api/roadmap/gp-details ; *NK1* (roadmap),
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364947275
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sandbox.domain.record import Record, Sender
from sandbox.model import GeneralPractitioner, NextOfKin


def file_practitioner(record: Record, practitioner: GeneralPractitioner) -> None:
    """Store a patient's only GP. It replaces the earlier one, whoever sent that, and keeps its id."""
    before = record.store.find(GeneralPractitioner, "patient", practitioner.patient)
    record.store.put(replace(practitioner, id=before[0].id) if before else practitioner)


def replace_next_of_kin(record: Record, patient: str, sender: Sender, entries: Sequence[NextOfKin]) -> None:
    """The whole list of the sender's organisation; others' stay. Without entries the list is empty."""
    for entry in record.store.find(NextOfKin, "patient", patient):
        if entry.source.organisation == sender.organisation.id:
            record.store.delete(entry)
    for entry in entries:
        record.store.put(entry)
