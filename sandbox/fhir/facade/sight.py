"""One caller's view of the record: the patient of a search, visible data points, and withheld content.

The rules are those of `access.visibility`. Hidden data is omitted without notice; only a patient who searches for
another person's record is refused (https://github.com/patientsknowbest/fhirgate).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from sandbox.access.visibility import Access, decide_access, describe_withheld, purview_of
from sandbox.errors import Forbidden
from sandbox.fhir.base.viewer import Viewer
from sandbox.fhir.rendered.query.parameters import Criterion
from sandbox.fhir.rendered.query.reference import ReferenceCriterion
from sandbox.model import Consent, DataPoint, Patient
from sandbox.store import Store

D = TypeVar("D", bound=DataPoint)


class Sight:
    """One request's view of the record: access to each record is computed once, until the next write."""

    def __init__(self, viewer: Viewer) -> None:
        # Without its memory, which holds this view: a cycle would keep the whole world until garbage is collected.
        self.viewer = replace(viewer, memory={})
        self.store: Store = viewer.store
        self._others_allowed: bool | None = None
        self._look_again()

    @classmethod
    def of(cls, viewer: Viewer) -> Sight:
        """Return the view of a request: its search and pages share it."""
        sight: Sight | None = viewer.memory.get("sight")
        if sight is None:
            sight = viewer.memory["sight"] = cls(viewer)
        return sight

    def _look_again(self) -> None:
        self._mark = self.store.mark
        self.purview = purview_of(self.viewer.caller)
        self._opened: dict[str, Access] = {}
        self._visible: dict[int, DataPoint] = {}

    def access(self, patient: Patient) -> Access:
        """Return the viewer's access to a record."""
        if self._mark is not self.store.mark:
            self._look_again()
        patient_access = self._opened.get(patient.id)
        if patient_access is None:
            consents = self.store.find(Consent, "patient", patient.id)
            patient_access = self._opened[patient.id] = decide_access(self.purview, patient, consents)
        return patient_access

    def named(self, criteria: Mapping[str, tuple[Criterion, ...]]) -> Patient | None:
        """Return the patient of the parameter `patient`, if any.

        Raises Forbidden for a patient who specifies another person without their consent, whether the record exists
        or not.
        """
        wanted = referred_id(criteria, "patient")
        patient = self.store.find_one(Patient, wanted)
        if self.purview.kind == "patient":
            patient_access = self.access(patient) if patient else None
            if patient_access is None or not (patient_access.is_self or patient_access.covered):
                raise Forbidden(
                    "Patients may search only their own record, or one shared with them",
                    code="forbidden",
                    rule="facade.another-patient",
                    instead="the signed-in patient, or a patient for whom they care",
                )
        return patient

    def seen(self, points: Iterable[D]) -> list[D]:
        """Return the data points that the viewer may see; data from others only if the access matrix allows it."""
        matches = list(points)
        visible = [point for point in matches if self._is_visible(point)]
        # By identity, with the object beside it: while it is kept, no other object can have its number.
        self._visible.update((id(point), point) for point in visible)
        if len(visible) < len(matches):
            ids = {point.id for point in visible}
            reasons = (self._why_hidden(point) for point in matches if point.id not in ids)
            self.viewer.warn("facade.search-empty", describe_withheld(type(matches[0]), reasons))
        return visible

    def _why_hidden(self, point: DataPoint) -> str:
        patient = self.store.find_one(Patient, point.patient)
        if patient is None:
            return "its patient does not exist"
        access_ = self.access(patient)
        if access_.sees(point):
            return "it comes from another source, whose data the access matrix does not allow this caller to read"
        return access_.why_hidden(point)

    def still_sees(self, point: DataPoint) -> bool:
        """Return whether the viewer may see a data point of an earlier search, by its current label and source."""
        if id(point) in self._visible and self._mark is self.store.mark:
            return True
        return self._is_visible(self.store.find_one(type(point), point.id) or point)

    def hides(self, released_at: datetime | None) -> bool:
        """Return whether the content is still withheld from this viewer, which happens only to patients and carers."""
        if self.purview.kind != "patient" or released_at is None:
            return False
        self.viewer.changes_at(released_at)
        return released_at > self.viewer.now

    def _is_visible(self, point: DataPoint) -> bool:
        if self._mark is not self.store.mark:
            self._look_again()
        patient_access = self._opened.get(point.patient)
        if patient_access is None:
            patient = self.store.find_one(Patient, point.patient)
            if patient is None:
                return False
            patient_access = self.access(patient)
        return patient_access.sees(point) and self.may_come_from(point)

    def may_come_from(self, point: DataPoint) -> bool:
        """Return whether the access matrix allows the viewer to see a data point of that source."""
        return not self.purview.is_others(point) or self._sees_others()

    def _sees_others(self) -> bool:
        """Ask the access matrix about data from others; once, and only if there is any."""
        if self._others_allowed is None:
            self._others_allowed = self.viewer.reads_from_others()
        return self._others_allowed


def referred_id(criteria: Mapping[str, tuple[Criterion, ...]], name: str) -> str | None:
    """Return the id in a reference parameter; None if it is missing."""
    for criterion in criteria.get(name, ()):
        assert isinstance(criterion, ReferenceCriterion)  # noqa: S101 - the statement says reference
        return criterion.id
    return None
