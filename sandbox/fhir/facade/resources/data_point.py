"""Common parts of data points' resources: label, source, people, and the search of one patient's data points.

Sources: *Entity: Data Point*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3750395905 ; *Provenance*,
http://dev.patientsknowbest.com/home/fhir-api/fhir-api-resources/provenance
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from sandbox.base.clock import instant
from sandbox.fhir.base.viewer import Viewer
from sandbox.fhir.facade.rendering import Names, ToStu3, matches
from sandbox.fhir.facade.sight import Sight
from sandbox.fhir.rendered.elements import STRUCTURE, Json, Unread, reference, without_empty
from sandbox.fhir.rendered.query.date import DateCriterion
from sandbox.fhir.rendered.query.matches import NONE, Matches
from sandbox.fhir.rendered.query.parameters import CheckedQuery, Criterion
from sandbox.fhir.search.budget import spend_per_row
from sandbox.model import DataPoint, Organisation, Patient, Team, User

D = TypeVar("D", bound=DataPoint)
PRIVACY_LABEL = "http://fhir.patientsknowbest.com/codesystem/privacy-label"


@dataclass(frozen=True)
class OfPatient(Unread, Generic[D]):
    """Data points of one kind: those of one patient that the viewer may see, newest first.

    `at` returns the clinical date, which the parameter named `date` compares; `is_shown` is false for data points
    that are never shown.
    """

    kind: type[D]
    to_stu3: ToStu3[D]
    at: Callable[[D], datetime | None]
    date: str = "date"
    is_shown: Callable[[D], bool] = lambda point: True

    def search(self, viewer: Viewer, query: CheckedQuery) -> Matches[D]:
        sight = Sight.of(viewer)
        patient = sight.named(query.criteria)
        if patient is None:
            return NONE
        dates = query.criteria.get(self.date, ())
        points = (
            point
            for point in spend_per_row(viewer.store.find(self.kind, "patient", patient.id))
            if self.is_shown(point)
        )
        visible = sight.seen(point for point in points if meets_dates(self.at(point), dates))
        return matches(newest_first(visible, self.at), self.to_stu3)


def meets_dates(at: datetime | None, criteria: Iterable[Criterion]) -> bool:
    """Return whether a time meets all criteria; no time meets none."""
    for criterion in criteria:
        assert isinstance(criterion, DateCriterion)  # noqa: S101 - the statement says date
        if at is None or not criterion.matches(at):
            return False
    return True


def newest_first(points: Iterable[D], at: Callable[[D], datetime | None]) -> list[D]:
    """Sort by clinical date, or by time of entry without one; equal times by id, the last one first."""
    # The id decides between equal times, so that pages do not overlap.
    return sorted(points, key=lambda point: (at(point) or point.entered_at, point.id), reverse=True)


def common_elements(
    names: Names, type_: str, point: DataPoint, contained: list[Json], *, labelled: bool = True
) -> Json:
    """Return the common elements of a data point's resource; `contained` collects people without a resource of
    their own.
    """
    meta = {
        "lastUpdated": instant(point.persisted_at),
        "extension": _source(names, point, contained),
        "security": [{"system": PRIVACY_LABEL, "code": point.label}] if labelled and point.label else [],
    }
    return {"resourceType": type_, "id": point.id, "meta": without_empty(meta), "contained": contained}


def specialty_extension(point: DataPoint) -> list[Json]:
    """Return the extension with the hospital service, if the sender sent one."""
    if not point.specialty:
        return []
    return [{"url": f"{STRUCTURE}/specialty", "valueCoding": {"code": point.specialty}}]


def patient_reference(names: Names, id_: str) -> Json:
    """Return a reference to the patient of a data point."""
    return reference("Patient", id_, names.get(Patient, id_).name.display)


def person_reference(names: Names, id_: str, patient: str, contained: list[Json]) -> Json | None:
    """Return a reference to a user, to the patient, or to a RelatedPerson in `contained` for a carer; None for an
    unknown id.
    """
    user = names.find_one(User, id_)
    if user is not None:
        return reference("Practitioner", user.id, user.name.display)
    other = names.find_one(Patient, id_)
    if other is None:
        return None
    return reference("Patient", id_, other.name.display) if id_ == patient else related_person(other, contained)


def related_person(carer: Patient, contained: list[Json]) -> Json:
    """Return a reference to the RelatedPerson of a carer, which is contained once.

    Source: *Facade RelatedPerson*,
    https://sites.google.com/a/patientsknowbest.com/api-documentation/home/fhir-api/structuredefinition/facade-relatedperson
    """
    own = reference("Patient", carer.id, carer.name.display)
    resource = next((entry for entry in contained if entry["patient"] == own), None)
    if resource is None:
        name = {
            "family": carer.name.family,
            "given": [carer.name.given] if carer.name.given else [],
            "prefix": [carer.name.title] if carer.name.title else [],
        }
        # The id need only be unique inside its resource (https://hl7.org/fhir/STU3/references.html#contained).
        number = str(len(contained) + 1)
        resource = {"resourceType": "RelatedPerson", "id": number, "patient": own, "name": [without_empty(name)]}
        contained.append(resource)
    return {"reference": f"#{resource['id']}", "display": carer.name.display}


def _source(names: Names, point: DataPoint, contained: list[Json]) -> list[Json]:
    """Return the known source as extensions of `meta`: organisation, team, and the person who entered the data."""
    references: list[tuple[str, Json | None]] = []
    organisation = names.find_one(Organisation, point.source.organisation)
    if organisation is not None:
        references.append(("source-organisation", reference("Organization", organisation.id, organisation.name)))
    team = names.find_one(Team, point.source.team)
    if team is not None:
        references.append(("source-team", reference("Organization", team.id, team.name)))
    if point.source.person:
        references.append(("source-person", person_reference(names, point.source.person, point.patient, contained)))
    return [{"url": f"{STRUCTURE}/{name}", "valueReference": value} for name, value in references if value]
