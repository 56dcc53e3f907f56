"""What one caller sees of the record: which patient is named, which data points show, and what is still hidden.

The rules are those of `access.visibility`; what is left out is left out silently, and only a patient who names somebody
else's record is told no (https://github.com/patientsknowbest/fhirgate).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypeVar

from sandbox.access.visibility import Access, access, purview_of
from sandbox.errors import Forbidden
from sandbox.fhir.search.parameters import Criterion
from sandbox.fhir.search.reference import ReferenceCriterion
from sandbox.fhir.sources import Viewer
from sandbox.model import Consent, DataPoint, Patient
from sandbox.store import Store

D = TypeVar("D", bound=DataPoint)


class Sight:
    """One request's look at the record; what each record opens is found out once."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self.purview = purview_of(viewer.known)
        self._opened: dict[str, Access] = {}

    @property
    def store(self) -> Store:
        return self.viewer.store

    def access(self, patient: Patient) -> Access:
        """What the viewer may see of a record."""
        found = self._opened.get(patient.id)
        if found is None:
            consents = self.store.find(Consent, "patient", patient.id)
            found = self._opened[patient.id] = access(self.purview, patient, consents)
        return found

    def named(self, criteria: Mapping[str, tuple[Criterion, ...]]) -> Patient | None:
        """The patient of the parameter `patient`, if there is one.

        Raises Forbidden for a patient who names anybody else without a consent from them, known or not.
        """
        wanted = referred(criteria, "patient")
        patient = self.store.find_one(Patient, wanted)
        if self.purview.kind == "patient":
            found = self.access(patient) if patient else None
            if found is None or not (found.is_self or found.covered):
                raise Forbidden(
                    "Only the own record, and those of others who consented, may be searched",
                    code="forbidden",
                    rule="facade.another-patient",
                    instead="the patient who signed in, or one whose carer that patient is",
                )
        return patient

    def seen(self, points: Iterable[D]) -> list[D]:
        """Those data points that the viewer may see; from others only where the access matrix allows it."""
        visible = [point for point in points if self._sees(point)]
        own = [point for point in visible if not self.purview.is_others(point)]
        return visible if len(own) == len(visible) or self.viewer.reads_from_others() else own

    def hides(self, released_at: datetime | None) -> bool:
        """Whether the content is still held back from this viewer: patients and carers wait for it, nobody else."""
        return self.purview.kind == "patient" and released_at is not None and released_at > self.viewer.now

    def _sees(self, point: DataPoint) -> bool:
        patient = self.store.find_one(Patient, point.patient)
        return patient is not None and self.access(patient).sees(point)


def referred(criteria: Mapping[str, tuple[Criterion, ...]], name: str) -> str | None:
    """The id that a reference parameter names; None where it was not given."""
    for criterion in criteria.get(name, ()):
        assert isinstance(criterion, ReferenceCriterion)  # noqa: S101 - the statement says reference
        return criterion.id
    return None
