"""Follow changes of PKB's own data: changed data has to be mapped again when it is read.

Some changes apply at once, so that no response depends on earlier reads: a label that a patient chooses, a change of
the record of a number, and deletions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.domain.data_points.kinds import is_current
from sandbox.fhir.aggregated import mapped
from sandbox.fhir.aggregated.intake import sync
from sandbox.fhir.aggregated.linking.identity import PKB, keys_of_record
from sandbox.fhir.aggregated.output.render import note_gone, render
from sandbox.ids import aggregated_id
from sandbox.model import (
    ChosenLabel,
    DataPoint,
    FirstStored,
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

ADMINISTRATIVE = (Organisation, Questionnaire, Team, User)
WATCHED = (ChosenLabel, Patient, *ADMINISTRATIVE, *mapped.KINDS)
"""The PKB entities that Aggregated shows."""
TYPES_WITH = {
    kind: [type_, *(mapped.TYPES[other] for other, led_to in mapped.LED_TO.items() if led_to is kind)]
    for kind, type_ in mapped.TYPES.items()
}
"""A kind of data points → the type that it becomes, and those that show something of it."""


@dataclass(frozen=True, slots=True)
class Watcher:
    """Follows one workspace. It is called with an entity before and after each change."""

    workspace: Workspace

    def __call__(self, store: Store, before: Any, after: Any) -> None:
        entity = after or before
        if isinstance(entity, ChosenLabel):
            render(store, [entity.id], entity.at)
        elif isinstance(entity, ADMINISTRATIVE):
            _administrative(store, entity)
        elif isinstance(entity, Patient):
            self._patient(store, entity.id, before, after)
        else:
            self._point(store, type(entity), before, after)

    def _patient(self, store: Store, id_: str, before: Patient | None, after: Patient | None) -> None:
        """Mark the record as changed, and link again the Customers' Patients whose numbers it has gained or lost."""
        had_been, is_now = (record.organisations if record is not None else () for record in (before, after))
        _outdate(store, id_, {*had_been, *is_now}, [mapped.PATIENT])
        for organisation in set(had_been) ^ set(is_now) if store.count(Mapped) else ():
            sync.drop_all(store, f"all/{organisation}")
        if not store.count(Upstream):
            return
        had, has = (keys_of_record(record) if record is not None else set() for record in (before, after))
        numbers = {key for key in had ^ has if store.ids(Upstream, "key", ("Patient", key))}
        if numbers:
            sync.relink(store, numbers, self.workspace.clock.now())

    def _point(self, store: Store, kind: type[DataPoint], before: DataPoint | None, after: DataPoint | None) -> None:
        """Mark the record as changed, and remove data that is no longer shown, mapped or not."""
        if store.count(Mapped):
            for point in (before, after):
                if point is not None:
                    _outdate_points(store, point.patient, kind)
        if before is None:
            return
        if store.find_one(FirstStored, before.id) is None:
            store.put(FirstStored(id=before.id, at=before.persisted_at))
        if is_current(before) and (after is None or not is_current(after)):
            type_ = mapped.TYPES[kind]
            if type_ in mapped.shown_types(self.workspace.settings.aggregated_all_mapped):
                now = self.workspace.clock.now()
                sync.take_in(store, {f"{PKB}/{type_}/{before.id}": None}, now)
                note_gone(store, f"{type_}/{aggregated_id(before.id)}", before.persisted_at, now)


def _administrative(store: Store, entity: Organisation | Questionnaire | Team | User) -> None:
    """Mark an organisation as changed; requests and answers contain texts of their questionnaire."""
    sync.drop(store, (entity.id if isinstance(entity, Organisation) else entity.organisation,))
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
        sync.drop(store, (patient, type_))
        for organisation in organisations:
            sync.drop(store, (f"all/{organisation}", type_))
