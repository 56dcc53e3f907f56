"""The general practitioner and the next of kin of a patient: each message replaces the earlier data.

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
    """Store a patient's only GP. It replaces the earlier GP from any sender, and keeps the id."""
    before = record.store.find(GeneralPractitioner, "patient", practitioner.patient)
    record.store.put(replace(practitioner, id=before[0].id) if before else practitioner)


def replace_next_of_kin(record: Record, patient: str, sender: Sender, entries: Sequence[NextOfKin]) -> None:
    """Replace the whole list of the sender's organisation; other lists stay. Without entries the list becomes empty."""
    for entry in record.store.find(NextOfKin, "patient", patient):
        if entry.source.organisation == sender.organisation.id:
            record.store.delete(entry)
    for entry in entries:
        record.store.put(entry)
