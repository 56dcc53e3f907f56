"""PKB's own data as R4: the resource type of each entity, and its rows for aggregation.

Source: *Aggregated Endpoint*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/4644405272/Aggregated+Endpoint (the
kinds of data), and the page of each profile. Each module beside this one maps one entity by its function `to_r4`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from sandbox.fhir.aggregated.kinds import LED_TO, PATIENT, POINTS, TYPES
from sandbox.fhir.aggregated.linking.identity import PKB
from sandbox.fhir.aggregated.linking.merge import merge_keys
from sandbox.fhir.aggregated.mapped import (
    allergy_intolerance,
    appointment,
    care_plan,
    communication,
    condition,
    encounter,
    medication_statement,
    observation,
    organization,
    patient,
    practitioner,
    questionnaire,
    questionnaire_response,
    service_request,
)
from sandbox.fhir.aggregated.output.meta import format_milliseconds
from sandbox.fhir.aggregated.references import names_in
from sandbox.fhir.base.json import render
from sandbox.model import (
    Allergy,
    Appointment,
    CarePlan,
    DataPoint,
    Diagnosis,
    Encounter,
    FirstStored,
    LabResult,
    Medication,
    Message,
    Organisation,
    Patient,
    Questionnaire,
    QuestionnaireRequest,
    QuestionnaireResponse,
    Team,
    Upstream,
    User,
)
from sandbox.store import Store

Json = dict[str, Any]
ToR4 = Callable[[Store, Any], Json | None]
PATIENT_ROWS = f"{PKB}/{PATIENT}/"
"""How the id of the row of a patient begins."""

ALWAYS: dict[type[DataPoint], ToR4] = {
    Appointment: appointment.to_r4,
    Diagnosis: condition.to_r4,
    QuestionnaireRequest: service_request.to_r4,
    QuestionnaireResponse: questionnaire_response.to_r4,
}
"""Data points that are always shown, except medications, whose status depends on the time."""

ALL_MAPPED: dict[type[DataPoint], ToR4] = {
    Allergy: allergy_intolerance.to_r4,
    CarePlan: care_plan.to_r4,
    Encounter: encounter.to_r4,
    LabResult: observation.to_r4,
    Message: communication.to_r4,
}
"""Data points that are shown with the setting `aggregated_all_mapped`."""


@cache
def shown_types(all_mapped: bool) -> frozenset[str]:
    """The resource types of PKB records."""
    kinds = (*ALWAYS, Medication, *(ALL_MAPPED if all_mapped else ()))
    return frozenset({PATIENT, *(TYPES[kind] for kind in kinds)})


def parts(type_: str) -> tuple[str, ...]:
    """Return the types of a record to map before resources of a type are complete, with that type last."""
    led_to = LED_TO.get(POINTS.get(type_, DataPoint))
    return tuple(dict.fromkeys((PATIENT, *([TYPES[led_to]] if led_to else []), type_)))


def rows_of(store: Store, record: Patient, type_: str, now: datetime) -> dict[str, Upstream]:
    """Return the rows of one type of a patient's record, and those of other patients to which they refer, by id."""
    if type_ == PATIENT:
        rows = [_patient_row(store, record)]
    else:
        points = [(point, _point_to_r4(store, point, now)) for point in store.find(POINTS[type_], "patient", record.id)]
        rows = [_point_row(store, point, resource, now) for point, resource in points if resource is not None]
    own, by_id = f"{PATIENT_ROWS}{record.id}", {row.id: row for row in rows}
    for row in rows:
        # A carer who entered data is another patient: without a row for the carer, this row would be skipped.
        others = [id_ for id_ in row.references if id_ not in by_id and id_ != own and id_.startswith(PATIENT_ROWS)]
        by_id |= {id_: other for id_ in others if (other := administrative(store, *id_.split("/")[1:])) is not None}
    return by_id


def ends_after(store: Store, record: Patient, type_: str, now: datetime) -> datetime | None:
    """Return when the next of a patient's medications ends and so changes its status; None for other types."""
    medications = store.find(Medication, "patient", record.id) if type_ == TYPES[Medication] else []
    return min(
        (medication.end_at for medication in medications if medication.end_at is not None and medication.end_at > now),
        default=None,
    )


def _point_to_r4(store: Store, point: DataPoint, now: datetime) -> Json | None:
    if isinstance(point, Medication):
        return medication_statement.to_r4(store, point, now)
    return (ALWAYS.get(type(point)) or ALL_MAPPED[type(point)])(store, point)


def _patient_row(store: Store, record: Patient) -> Upstream:
    resource = patient.to_r4(store, record)
    return _row("Patient", record.id, resource, created_at=record.created_at, updated_at=record.updated_at)


def _point_row(store: Store, point: DataPoint, resource: Json, now: datetime) -> Upstream:
    """Map a data point: its source as rows, its label, and its access route."""
    source, first = point.source, store.find_one(FirstStored, point.id)
    patient_entered = source.person is not None and store.find_one(Patient, source.person) is not None
    person = (
        "" if source.person is None else f"{PKB}/{'Patient' if patient_entered else 'Practitioner'}/{source.person}"
    )
    organisation = "" if patient_entered or source.organisation is None else f"{PKB}/Organization/{source.organisation}"
    team = "" if patient_entered or source.team is None else f"{PKB}/Organization/{source.team}"
    return _row(
        str(resource["resourceType"]),
        point.id,
        resource,
        patients=(f"{PKB}/Patient/{point.patient}",),
        source=organisation,
        team=team,
        person=person,
        owner="" if patient_entered else source.organisation or "",
        label=point.label,
        route=_route(point),
        recorded=format_milliseconds(point.entered_at),
        created_at=first.at if first is not None else point.persisted_at,
        updated_at=_changed_at(point, now),
    )


def _changed_at(point: DataPoint, now: datetime) -> datetime:
    """Return when a data point last changed; a medication also changes when its end passes."""
    end = point.end_at if isinstance(point, Medication) else None
    return max(point.persisted_at, end) if end is not None and end <= now else point.persisted_at


def _route(point: DataPoint) -> str:
    """Return the access route: that of the source; else messages have no person, and people use the web pages or an
    app.

    Requests to answer a questionnaire come from the operations of the FHIR endpoints.
    """
    if point.source.route:
        return point.source.route
    if point.source.person is None:
        return "FHIR_API" if isinstance(point, QuestionnaireRequest) else "HL7_API"
    return "WEBAPP" if point.source.partner is None else "REST_API"


def _row(type_: str, id_: str, resource: Json, **more: Any) -> Upstream:
    text = render(resource)
    references = [f"{PKB}/{reference}" for reference in names_in(text)]
    sources = [source for source in (more.get("source"), more.get("team"), more.get("person")) if source]
    return Upstream(
        id=f"{PKB}/{type_}/{id_}",
        type=type_,
        text=text,
        references=tuple(dict.fromkeys((*references, *sources))),
        **more,
    )


def administrative(store: Store, type_: str, id_: str) -> Upstream | None:
    """Return the row of an entity without a patient, by type and public id; or of another patient."""
    for kind, to_r4, owner in _ADMINISTRATIVE.get(type_, ()):
        entity = store.find_one(kind, id_)
        if entity is not None:
            at = getattr(entity, "updated_at", _EPOCH)
            resource = to_r4(store, entity)
            # A team has no code, and so nothing by which a Customer's Organization could merge with it.
            merges = kind is Organisation and resource.get("identifier")
            return _row(
                type_,
                id_,
                resource,
                keys=merge_keys(resource) if merges else (),
                source=f"{PKB}/Organization/{owner(entity)}" if type_ != "Organization" else "",
                owner=owner(entity),
                route="WEBAPP",
                created_at=getattr(entity, "created_at", _EPOCH),
                updated_at=at,
            )
    record = store.find_one(Patient, id_) if type_ == "Patient" else None
    return _patient_row(store, record) if record is not None else None


_EPOCH = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
"""choice: the sandbox's record stores no time of change for organisations, teams and users."""

_ADMINISTRATIVE: dict[str, tuple[tuple[type[Any], Callable[[Store, Any], Json], Callable[[Any], str]], ...]] = {
    "Organization": (
        (Organisation, organization.to_r4, lambda organisation: organisation.id),
        (Team, organization.team_to_r4, lambda team: team.organisation),
    ),
    "Practitioner": ((User, practitioner.to_r4, lambda user: user.organisation),),
    "Questionnaire": ((Questionnaire, questionnaire.to_r4, lambda entity: entity.organisation),),
}
