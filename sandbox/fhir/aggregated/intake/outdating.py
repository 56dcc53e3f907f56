"""Apply a change of PKB's own data to Aggregated: changed data has to be mapped again when it is read.

Some changes apply at once, so that no response depends on earlier reads: a label that a patient chooses, a change of
the record of a number, and deletions.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.base.ids import aggregated_id
from sandbox.fhir.aggregated import mapped
from sandbox.fhir.aggregated.intake import sync
from sandbox.fhir.aggregated.intake.watcher import is_removal
from sandbox.fhir.aggregated.kinds import LED_TO, PATIENT, TYPES
from sandbox.fhir.aggregated.linking.identity import PKB, keys_of_record
from sandbox.fhir.aggregated.output.render import note_gone, render_targets
from sandbox.model import (
    ChosenLabel,
    DataPoint,
    Mapped,
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
from sandbox.worlds.workspace import Workspace

TYPES_WITH = {
    kind: [type_, *(TYPES[other] for other, led_to in LED_TO.items() if led_to is kind)]
    for kind, type_ in TYPES.items()
}
"""A kind of data points → the type that it becomes, and those that show something of it."""


def apply_change(workspace: Workspace, before: Any, after: Any) -> None:
    """Apply a change of an entity, before and after."""
    store, entity = workspace.store, after or before
    if isinstance(entity, ChosenLabel):
        render_targets(store, [entity.id], entity.at)
    elif isinstance(entity, Patient):
        _patient(workspace, entity.id, before, after)
    elif isinstance(entity, DataPoint):
        _point(workspace, type(entity), before, after)
    else:
        _administrative(store, entity)


def _patient(workspace: Workspace, id_: str, before: Patient | None, after: Patient | None) -> None:
    """Mark the record as changed, and link again the Customers' Patients whose numbers it has gained or lost."""
    store = workspace.store
    had_been = before.organisations if before is not None else ()
    is_now = after.organisations if after is not None else ()
    # Nothing of a new record is mapped yet, and all of its organisations gain it.
    if before is not None:
        _outdate(store, id_, {*had_been, *is_now}, [PATIENT])
    # An organisation that gains or loses a record no longer has all of its records mapped.
    for organisation in set(had_been) ^ set(is_now) if store.count(Mapped) else ():
        sync.mark_all_unmapped(store, f"all/{organisation}")
    if not store.count(Upstream):
        return
    had = keys_of_record(before) if before is not None else set()
    has = keys_of_record(after) if after is not None else set()
    # Only numbers that some Customer's Patient has can change a link.
    numbers = {key for key in had ^ has if store.ids(Upstream, "key", ("Patient", key))}
    if numbers:
        sync.relink(store, numbers, workspace.clock.now())


def _point(workspace: Workspace, kind: type[DataPoint], before: DataPoint | None, after: DataPoint | None) -> None:
    """Mark the record as changed, and remove data that is no longer shown, mapped or not."""
    store = workspace.store
    if store.count(Mapped):
        for point in (before, after):
            if point is not None:
                _outdate_points(store, point.patient, kind)
    if before is not None and is_removal(before, after):
        type_ = TYPES[kind]
        if type_ in mapped.shown_types(workspace.settings.aggregated_all_mapped):
            now = workspace.clock.now()
            sync.take_in(store, {f"{PKB}/{type_}/{before.id}": None}, now)
            note_gone(store, f"{type_}/{aggregated_id(before.id)}", before.persisted_at, now)


def _administrative(store: Store, entity: Organisation | Questionnaire | Team | User) -> None:
    """Mark an organisation as changed; requests and answers contain texts of their questionnaire."""
    sync.mark_unmapped(store, (entity.id if isinstance(entity, Organisation) else entity.organisation,))
    if isinstance(entity, Questionnaire):
        for kind in (QuestionnaireRequest, QuestionnaireResponse):
            for point in store.find(kind, "questionnaire", entity.id):
                _outdate_points(store, point.patient, kind)


def _outdate_points(store: Store, patient: str, kind: type[DataPoint]) -> None:
    """Mark a kind of data points of a record as changed, and those that contain some of their data."""
    record = store.find_one(Patient, patient)
    _outdate(store, patient, record.organisations if record is not None else (), TYPES_WITH[kind])


def _outdate(store: Store, patient: str, organisations: Iterable[str], types: Iterable[str]) -> None:
    if not store.count(Mapped):
        return
    for type_ in types:
        sync.mark_unmapped(store, (patient, type_))
        for organisation in organisations:
            sync.mark_unmapped(store, (f"all/{organisation}", type_))
