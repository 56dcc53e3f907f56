"""The schema: the table of each entity and its indexes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any

from sandbox import model
from sandbox.base.ids import aggregated_id, legacy_id
from sandbox.store.waiting import Partition

Keys = Callable[[Any], Iterable[Hashable]]


def _patient(point: Any) -> tuple[Hashable, ...]:
    return (point.patient,)


def _aggregated(entity: Any) -> tuple[Hashable, ...]:
    return (aggregated_id(entity.id),)


def _by_sent_id(point: Any) -> tuple[Hashable, ...]:
    """Index by the sender's own id of a data point, without the sender."""
    return (point.external_id,) if point.external_id else ()


AGGREGATED: dict[str, Keys] = {"aggregated_id": _aggregated, "sent_id": _by_sent_id}
"""Indexes of a data point that Aggregated may return."""


def _external(point: Any) -> tuple[Hashable, ...]:
    """Index by the sender's own id, which is unique within patient and source organisation."""
    return ((point.patient, point.source.organisation, point.external_id),) if point.external_id else ()


def _suppliers(point: Any) -> list[Hashable]:
    """Index by the source of a data point: the team, and the person unless that is the patient."""
    return [(point.patient, supplier) for supplier in _supplied_by(point)]


def _supplied_by(point: Any) -> list[str]:
    source = point.source
    return [provider for provider in (source.team, source.person) if provider is not None and provider != point.patient]


def _supplied(document: Any) -> list[tuple[Hashable, Any]]:
    """Index of an organisation's documents, by their own time and by when they were stored."""
    organisation = document.source.organisation
    if not organisation:
        return []
    return [((organisation, "created"), document.at), ((organisation, "indexed"), document.persisted_at)]


def _release(point: Any) -> list[tuple[Hashable, Any]]:
    """Index of data points that the patient sees from a time on."""
    return [("release", point.released_at)] if point.released_at is not None else []


def _questionnaire(point: Any) -> tuple[Hashable, ...]:
    return (point.questionnaire,)


def _by_identifier(request: Any) -> tuple[Hashable, ...]:
    """Index of a request's business identifier, by value and by system."""
    return (request.identifier.value, (request.identifier.system,)) if request.identifier is not None else ()


def _legacy(entity: Any) -> tuple[Hashable, ...]:
    return (legacy_id(entity.id),)


def _point(**more: Keys) -> dict[str, Keys]:
    return {"patient": _patient, "supplier": _suppliers, "external": _external, **more}


def _values_of_resource(resource: model.Resource) -> Iterator[Hashable]:
    for parameter, values in resource.values.items():
        for value in values:
            for key in value.keys():  # noqa: SIM118 - not a dict
                yield resource.endpoint, resource.type, parameter, key


def _places_of_resource(resource: model.Resource) -> Iterator[tuple[Hashable, Any]]:
    for parameter, values in resource.values.items():
        for value in values:
            for order, place in value.sort_keys():
                yield (resource.endpoint, resource.type, parameter, order), place


TABLES: dict[type, tuple[str, dict[str, Keys]]] = {
    model.Organisation: (
        "organisations",
        {
            "legacy_id": lambda o: (o.legacy_id,),
            "code": lambda o: (o.code,) if o.code else (),
            "endpoint": lambda o: [endpoint.name for endpoint in o.endpoints],
        },
    ),
    model.Team: (
        "teams",
        {
            "organisation": lambda t: (t.organisation,),
            "alias": lambda t: ((t.organisation, t.alias),),
            "legacy_id": lambda t: (t.legacy_id,),
        },
    ),
    model.LocalIdType: ("local_id_types", {"organisation": lambda t: (t.organisation,)}),
    model.User: (
        "users",
        {
            # People write one address in several cases; as a log-in it is the same.
            "email": lambda u: (u.email.casefold(),),
            "legacy_id": lambda u: (u.legacy_id,),
            "team": lambda u: (u.team,) if u.team else (),
            "organisation": lambda u: (u.organisation,),
        },
    ),
    model.Patient: (
        "patients",
        {
            "identifier": lambda p: [(i.type, i.value) for i in p.identifiers],
            "email": lambda p: [c.value.casefold() for c in p.contacts],
            "legacy_id": lambda p: (p.legacy_id,),
            "aggregated_id": _aggregated,
            "number": lambda p: {i.value for i in p.identifiers},
            "numbered_by": lambda p: {i.type for i in p.identifiers},
            "organisation": lambda p: p.organisations,
            "team": lambda p: p.teams,
            # Of a large world only a few people: whoever lists them must not read all the others.
            "can_sign_in": lambda p: (True,) if p.can_sign_in else (),
        },
    ),
    model.Consent: (
        "consents",
        {
            "patient": lambda c: (c.patient,),
            "grantee": lambda c: ((c.patient, c.grantee.id),),
            "held_by": lambda c: (c.grantee.id,),
            "legacy_id": _legacy,
        },
    ),
    model.Allergy: ("allergies", {"patient": _patient, "supplier": _suppliers, **AGGREGATED}),
    model.Diagnosis: ("diagnoses", {"patient": _patient, "supplier": _suppliers, **AGGREGATED}),
    model.Medication: (
        "medications",
        {"patient": _patient, "supplier": _suppliers, "legacy_id": _legacy, **AGGREGATED},
    ),
    model.GeneralPractitioner: ("general_practitioners", {"patient": _patient}),
    model.NextOfKin: ("next_of_kin", {"patient": _patient}),
    model.Appointment: (
        "appointments",
        _point(encounter=lambda a: (a.encounter,) if a.encounter else (), **AGGREGATED),
    ),
    model.Encounter: ("encounters", _point(**AGGREGATED)),
    model.LabReport: ("lab_reports", _point()),
    model.LabResult: ("lab_results", _point(report=lambda r: (r.report,), **AGGREGATED)),
    model.MeasurementType: ("measurement_types", {}),
    model.Measurement: ("measurements", _point(legacy_id=_legacy)),
    model.RadiologyReport: ("radiology_reports", _point()),
    model.Document: (
        "documents",
        _point(
            number=lambda d: ((d.source.organisation, d.external_id),) if d.external_id else (),
            supplied_by=_supplied_by,
        ),
    ),
    model.CarePlan: ("care_plans", _point(**AGGREGATED)),
    model.Message: (
        "messages",
        _point(
            conversation=lambda m: (m.conversation,),
            participant=lambda m: {m.sender, *m.recipients},
            supplied_by=_supplied_by,
            **AGGREGATED,
        ),
    ),
    model.Questionnaire: ("questionnaires", {"organisation": lambda q: (q.organisation,)}),
    model.QuestionnaireRequest: (
        "questionnaire_requests",
        _point(questionnaire=_questionnaire, named=_by_identifier, **AGGREGATED),
    ),
    model.QuestionnaireResponse: (
        "questionnaire_responses",
        _point(
            questionnaire=_questionnaire,
            request=lambda r: (r.request,) if r.request else (),
            supplied_by=_supplied_by,
            **AGGREGATED,
        ),
    ),
    model.Invitation: ("invitations", {"patient": _patient}),
    model.Attachment: (
        "attachments",
        {"patient": _patient, "data_point": lambda a: (a.data_point,), "legacy_id": _legacy},
    ),
    model.Resource: (
        "resources",
        # A deleted resource keeps its row, because a read of it is 410; no search lists it.
        {"type": lambda r: () if r.deleted else ((r.endpoint, r.type),), "value": _values_of_resource},
    ),
    model.ResourceVersion: (
        "resource_versions",
        {
            "resource": lambda v: ((v.endpoint, v.type, v.logical_id),),
            "type": lambda v: ((v.endpoint, v.type),),
            "endpoint": lambda v: (v.endpoint,),
        },
    ),
    model.Upstream: (
        "upstreams",
        {
            "reference": lambda u: u.references,
            "patient": lambda u: u.patients,
            "key": lambda u: [(u.type, key) for key in u.keys],
            "target": lambda u: (u.target,) if u.target else (),
        },
    ),
    model.Aggregate: ("aggregates", {"patient": lambda a: a.patients, "reference": lambda a: a.references}),
    model.ChosenLabel: ("chosen_labels", {}),
    model.DueWork: ("due_work", {}),
    model.Mapped: ("mapped", {"whose": lambda m: (m.id.rpartition("/")[0],)}),
    model.FirstStored: ("first_stored", {}),
    model.Waiting: (
        "waiting",
        {"key": lambda w: [(w.id.split("/")[1], key) for key in w.keys], "patient": lambda w: w.patients},
    ),
    model.Partner: ("partners", {}),
    model.Credential: ("credentials", {"kind": lambda c: (c.kind,)}),
    model.Grant: (
        "grants",
        {"partner": lambda g: (g.partner,), "alias": lambda g: ((g.partner, g.alias),)},
    ),
    model.OutboxItem: (
        "outbox",
        {
            "sent": lambda i: (not i.suppressed,),
            "patient": lambda i: (i.patient,),
            "cause": lambda i: ((i.exchange, i.patient, i.about.kind),) if i.daily and i.exchange else (),
            "daily": lambda i: ((i.patient, i.to),) if i.daily and not i.suppressed else (),
        },
    ),
    model.ReceivedMessage: ("received_messages", {}),
    model.HeldMessage: (
        "held_messages",
        {
            "organisation": lambda m: (m.organisation,),
            "data_point": lambda m: ((m.organisation, m.record, m.data_point),) if m.record and m.data_point else (),
            "outcome": lambda m: (m.outcome,),
        },
    ),
}
"""Entity → (table, index name → keys). Data points have one table per kind, found by their patient."""

KINDS = {kind.__name__: kind for kind in TABLES}
"""Name of a kind of entity → the kind."""

PARTITIONS: dict[type, Partition] = {
    model.Resource: Partition(lambda resource: (resource.endpoint, resource.type), lambda key: key[:2]),
    model.ResourceVersion: Partition(lambda version: version.endpoint, lambda key: key[0]),
}
"""Entity → the parts of its indexes; one part for all others. A search of a type reads the part of that type."""

ORDERS: dict[type, dict[str, Callable[[Any], Iterable[tuple[Hashable, Any]]]]] = {
    model.Document: {"supplied": _supplied, "release": _release},
    model.DueWork: {"at": lambda work: [("at", work.at)]},
    model.LabResult: {"release": _release},
    model.RadiologyReport: {"release": _release},
    model.Resource: {"place": _places_of_resource},
}
"""Entity → name of an ordered index → its orderings and sort keys."""
