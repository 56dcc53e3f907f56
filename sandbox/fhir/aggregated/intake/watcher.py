"""Changes of PKB's own data, as Aggregated follows them: what is mapped of it has to be mapped again when it is read.

At once, so that no answer depends on what was read before, come the label that a patient chooses, the record that a
number leads to, and the end of what is deleted.
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
"""The entities of PKB whose changes show in Aggregated."""


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
        """The record is outdated, and the Customers' Patients whose numbers it has gained or lost are linked anew."""
        had_been, is_now = (record.organisations if record is not None else () for record in (before, after))
        _outdate(store, id_, {*had_been, *is_now}, [mapped.PATIENT])
        for organisation in set(had_been) ^ set(is_now) if store.count(Mapped) else ():
            for type_ in mapped.TYPES.values():
                sync.drop(store, (f"all/{organisation}", type_))
        if not store.count(Upstream):
            return
        had, has = (keys_of_record(record) if record is not None else set() for record in (before, after))
        numbers = {key for key in had ^ has if store.ids(Upstream, "key", ("Patient", key))}
        if numbers:
            sync.relink(store, numbers, self.workspace.clock.now())

    def _point(self, store: Store, kind: type[DataPoint], before: DataPoint | None, after: DataPoint | None) -> None:
        """The record is outdated; what shows no longer is taken out, whether it was mapped or not."""
        if store.count(Mapped):
            for patient in {point.patient for point in (before, after) if point is not None}:
                _outdate_points(store, patient, kind)
        if before is None:
            return
        if store.find_one(FirstStored, before.id) is None:
            store.put(FirstStored(id=before.id, at=before.persisted_at))
        if is_current(before) and (after is None or not is_current(after)):
            type_ = mapped.TYPES[kind]
            if type_ in mapped.shown(self.workspace.settings.aggregated_all_mapped):
                now = self.workspace.clock.now()
                sync.take_in(store, {f"{PKB}/{type_}/{before.id}": None}, now)
                note_gone(store, f"{type_}/{aggregated_id(before.id)}", before.persisted_at, now)


def _administrative(store: Store, entity: Organisation | Questionnaire | Team | User) -> None:
    """Outdates what an organisation consists of; requests and answers show the texts of their questionnaire."""
    sync.drop(store, (entity.id if isinstance(entity, Organisation) else entity.organisation,))
    if isinstance(entity, Questionnaire):
        for kind in (QuestionnaireRequest, QuestionnaireResponse):
            for point in store.find(kind, "questionnaire", entity.id):
                _outdate_points(store, point.patient, kind)


def _outdate_points(store: Store, patient: str, kind: type[DataPoint]) -> None:
    """Outdates a kind of data points of a record, and those that show something of them."""
    record = store.find_one(Patient, patient)
    kinds = (kind, *(point_type for point_type, led_to in mapped.LED_TO.items() if led_to is kind))
    organisations = record.organisations if record is not None else ()
    _outdate(store, patient, organisations, [mapped.TYPES[point_type] for point_type in kinds])


def _outdate(store: Store, patient: str, organisations: Iterable[str], types: Iterable[str]) -> None:
    if not store.count(Mapped):
        return
    for type_ in types:
        for whose in (patient, *(f"all/{organisation}" for organisation in organisations)):
            sync.drop(store, (whose, type_))
