"""The generated data of a synthetic patient, in PKB's own entities, and the table of possible events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from sandbox import model
from sandbox.base import datafiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A patient's home: the source of all their data."""

    organisation: str = ""
    team: str = ""
    local_id_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One patient and the data points of the record; `results`, `documents` and `plans` with the entities that belong
    to each.
    """

    patient: model.Patient
    consent: model.Consent | None = None
    allergies: tuple[model.Allergy, ...] = ()
    diagnoses: tuple[model.Diagnosis, ...] = ()
    medications: tuple[model.Medication, ...] = ()
    encounters: tuple[model.Encounter, ...] = ()
    appointments: tuple[model.Appointment, ...] = ()
    results: tuple[tuple[model.LabReport, tuple[model.LabResult, ...]], ...] = ()
    measurements: tuple[model.Measurement, ...] = ()
    radiology: tuple[model.RadiologyReport, ...] = ()
    documents: tuple[tuple[model.Document, model.Attachment], ...] = ()
    plans: tuple[tuple[model.CarePlan, model.Attachment], ...] = ()

    def entities(self) -> Iterator[Any]:
        """Iterate over all entities, each before those that refer to it."""
        yield self.patient
        if self.consent:
            yield self.consent
        yield from (*self.allergies, *self.diagnoses, *self.medications, *self.encounters, *self.appointments)
        for report, results in self.results:
            yield from (report, *results)
        yield from (*self.measurements, *self.radiology)
        for pair in (*self.documents, *self.plans):
            yield from pair


@cache
def clinical() -> dict[str, Any]:
    return datafiles.read_toml(datafiles.beside_code("synthetic/people/clinical.toml"))
