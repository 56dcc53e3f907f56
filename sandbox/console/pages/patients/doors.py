"""One datum behind every door: the HL7 message that brought it, and what Facade, Aggregated and Custom REST show."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from sandbox.console.doors import cards, hl7_card, resource_cards
from sandbox.console.doors.data import EntityData
from sandbox.console.doors.messages import last_step
from sandbox.console.pages.patients.record import render_record
from sandbox.console.patients.callers import ChosenCaller, callers_of
from sandbox.console.patients.describing import Describer
from sandbox.console.patients.entries import date_of
from sandbox.console.patients.resources import resource_of
from sandbox.control.records import patient_of
from sandbox.domain.data_points.kinds import KINDS
from sandbox.errors import NotFound
from sandbox.http.call import Call
from sandbox.model import Consent, GeneralPractitioner, NextOfKin, Patient, Questionnaire
from sandbox.store import Store
from sandbox.worlds.attributes.kinds import ENTITIES
from sandbox.worlds.attributes.table import tables

DOORS = ("facade", "aggregated", "rest")
NOT_SHOWN = ("held_message", "resource")
RESOURCE = "resource"
MOST = 100
"""Maximum number of data in the list to choose from; every datum has its own link in the timeline."""
RELATED = (Consent, GeneralPractitioner, NextOfKin)


async def show_doors(call: Call) -> Response:
    """Show one datum; without one in the address, the latest. Raises NotFound for one of another record."""
    patient, describer, query = patient_of(call), Describer(call.workspace), call.request.query_params
    kind, id_ = _chosen(call, patient)
    if kind == RESOURCE:
        return await _show_resource(call, patient, describer, id_)
    entity = EntityData(store=call.workspace.store, entity=_entity(call.workspace.store, patient, kind, id_))
    all_callers = callers_of(call.workspace, patient)
    chosen_caller = query.get("as", "")
    callers = [caller for caller in all_callers if caller.key == chosen_caller] or all_callers
    hl7 = hl7_card.card_of(call.workspace, entity, patient.id, query.get("message", ""))
    return render_record(
        call,
        patient,
        "patients/doors.html",
        "/doors",
        describer,
        kind=kind,
        id=id_,
        entity=entity,
        heading=describer.title(entity.entity),
        hl7=hl7,
        doors=[await cards.card_of(call, entity, door, callers) for door in DOORS],
        shown_by=shown_by(call, entity),
        cause=last_step(call.workspace, entity.entity),
        choices=_choices(describer, patient),
        callers=all_callers,
        caller=_caller(callers, chosen_caller),
    )


async def _show_resource(call: Call, patient: Patient, describer: Describer, id_: str) -> Response:
    resource = resource_of(call.workspace, patient, id_)
    if resource is None:
        raise NotFound(f"No resource {id_[:80]} of a Customer is about this patient")
    callers = callers_of(call.workspace, patient)
    return render_record(
        call,
        patient,
        "patients/resource.html",
        "/doors",
        describer,
        resource=resource,
        doors=await resource_cards.cards_of(call, resource, callers),
    )


def shown_by(call: Call, entity: EntityData) -> list[str]:
    """Return the names of the doors that show the kind."""
    return [cards.TITLES[door] for door in DOORS if cards.requests_of(call, entity, door)]


def _caller(callers: list[ChosenCaller], key: str) -> ChosenCaller | None:
    return callers[0] if key and len(callers) == 1 and callers[0].key == key else None


def _chosen(call: Call, patient: Patient) -> tuple[str, str]:
    """Return kind and id of the address, or of the latest data point, or the patient."""
    query = call.request.query_params
    kind, id_ = query.get("kind", ""), query.get("id", "")
    if "datum" in query:
        kind, _, id_ = query["datum"].partition("/")
    if kind or id_:
        return kind, id_
    store = call.workspace.store
    points: list[Any] = [point for entity in KINDS.values() for point in store.find(entity, "patient", patient.id)]
    if not points:
        return "patient", patient.id
    latest = max(points, key=date_of)
    return next(name for name, entity in ENTITIES.items() if entity is type(latest)), latest.id


def _entity(store: Store, patient: Patient, kind: str, id_: str) -> Any:
    entity_type = ENTITIES.get(kind)
    entity = store.find_one(entity_type, id_) if entity_type is not None and kind not in NOT_SHOWN else None
    # A questionnaire belongs to no patient; its answers, which do, are another kind.
    is_own = isinstance(entity, Questionnaire) or getattr(entity, "patient", getattr(entity, "id", "")) == patient.id
    if entity is None or not is_own:
        raise NotFound(f"This record has no {kind.replace('_', ' ')[:40] or 'datum'} {id_[:80]}")
    return entity


def _choices(describer: Describer, patient: Patient) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the data of the record by kind: the name of the kind, and address and title of each."""
    store = describer.store
    kinds: list[type[Any]] = [*KINDS.values(), *RELATED]
    rows = [(kind, [*store.find(kind, "patient", patient.id)][:MOST]) for kind in kinds]
    names = {entity: name for name, entity in ENTITIES.items()}
    listed = [("patient", [(f"patient/{patient.id}", patient.name.full)])]
    for kind, entities in rows:
        if entities:
            options = [(f"{names[kind]}/{entity.id}", describer.title(entity)) for entity in entities]
            listed.append((tables()[kind].plural, options))
    return listed
