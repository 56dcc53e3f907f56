"""Build aggregated resources from settled rows: rewrite references, add `meta`, store changes.

Source: *Aggregated Data*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/5001904159
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sandbox.fhir.aggregated.intake.upstream import types
from sandbox.fhir.aggregated.linking.identity import PKB
from sandbox.fhir.aggregated.linking.merge import Part, merged_resource
from sandbox.fhir.aggregated.output import meta
from sandbox.fhir.aggregated.output.rendered_body import RenderedBody
from sandbox.fhir.aggregated.references import names_in, rewrite_references
from sandbox.fhir.base.json import parse_stored
from sandbox.fhir.base.json import render as render_json
from sandbox.fhir.search import reference
from sandbox.fhir.search.deferred import DeferredValues
from sandbox.model import Aggregate, ChosenLabel, Resource, Upstream
from sandbox.store import Store

Json = dict[str, Any]
ENDPOINT = "aggregated"
QUESTIONNAIRE = "Questionnaire/"
"""The prefix of a link from a QuestionnaireResponse to an aggregated Questionnaire, as stored."""


def render_targets(store: Store, targets: Iterable[str], now: datetime) -> None:
    """Rebuild aggregated resources. One without rows is deleted; an unchanged one is left alone."""
    for target in sorted(targets):
        rows = sorted(store.find(Upstream, "target", target), key=lambda row: row.id)
        before = store.find_one(Resource, f"{ENDPOINT}/{target}")
        if rows:
            _render_target(store, target, rows, before)
        elif before is not None and not before.deleted:
            _delete(store, before, now)


def _delete(store: Store, before: Resource, now: datetime) -> None:
    store.put(replace(before, version=before.version + 1, updated_at=now, method="DELETE", text="", values={}))
    gone = store.find_one(Aggregate, f"{before.type}/{before.logical_id}")
    if gone is not None:
        store.delete(gone)


def note_gone(store: Store, target: str, created_at: datetime, now: datetime) -> None:
    """Record that a resource existed and is deleted, unless that is recorded."""
    type_, id_ = target.split("/")
    if store.find_one(Resource, f"{ENDPOINT}/{target}") is None:
        store.put(
            Resource(
                endpoint=ENDPOINT,
                type=type_,
                logical_id=id_,
                version=1,
                created_at=created_at,
                updated_at=now,
                method="DELETE",
                text="",
            )
        )


def _render_target(store: Store, target: str, rows: list[Upstream], before: Resource | None) -> None:
    """Store the resource of a target, if it has changed, and the facts for its visibility.

    Content and times depend only on its rows, whenever it is built.
    """
    type_ = target.split("/")[0]
    sources = _sources(store, rows[0])
    chosen = store.find_one(ChosenLabel, target)
    label = chosen.label if chosen is not None else rows[0].label
    # The earliest time stays, also when the oldest row leaves the group.
    created_at = min((before or rows[0]).created_at, *(row.created_at for row in rows))
    if types()[type_]["how"] == "merged":
        body = _merged(store, rows, before, created_at)
    else:
        body = _copied(store, rows[0], created_at, label, sources)
    _store_resource(store, target, body, before, created_at, _updated_at(rows, chosen))
    patients = [target] if type_ == "Patient" else [_target(store, patient) for patient in rows[0].patients]
    access = Aggregate(
        id=target,
        patients=tuple(patients),
        references=tuple(dict.fromkeys((*names_in(body.whole), *sources.values()))),
        owners=tuple(dict.fromkeys(row.owner for row in rows if row.owner)),
        label=label,
    )
    if store.find_one(Aggregate, target) != access:
        store.put(access)


def _updated_at(rows: list[Upstream], chosen: ChosenLabel | None) -> datetime:
    times = [time for row in rows for time in (row.updated_at, row.touched_at) if time is not None]
    return max(times if chosen is None else [*times, chosen.at])


def _store_resource(
    store: Store, target: str, body: RenderedBody, before: Resource | None, created_at: datetime, updated_at: datetime
) -> None:
    type_, id_ = target.split("/")
    version = body.version(updated_at)
    text = body.text(type_, id_, version, updated_at)
    # aggregated.same-again: an unchanged resource gets no new version.
    if before is not None and before.text == text:
        return
    store.put(
        Resource(
            endpoint=ENDPOINT,
            type=type_,
            logical_id=id_,
            version=version,
            created_at=created_at,
            updated_at=updated_at,
            method="PUT",
            text=text,
            values=DeferredValues("r4", text, _own_values(body.content)),
        )
    )


def _own_values(content: str) -> Mapping[str, tuple[Any, ...]]:
    """Return the searchable values that the text does not show: a questionnaire's URL is built on reading, so it is
    found by id.
    """
    # A look at the text: most resources need not be parsed.
    questionnaire = parse_stored(content).get("questionnaire") if f'"questionnaire":"{QUESTIONNAIRE}' in content else ""
    if not isinstance(questionnaire, str) or not questionnaire.startswith(QUESTIONNAIRE):
        return {}
    return {"questionnaire": (reference.parse_reference(questionnaire),)}


def _merged(store: Store, rows: list[Upstream], before: Resource | None, created_at: datetime) -> RenderedBody:
    parts = [Part(row.id, row.updated_at, parse_stored(_rewritten(store, row))) for row in rows]
    whole = merged_resource(parts, parse_stored(before.text) if before is not None and before.text else None)
    return RenderedBody.of_content(render_json(whole), meta.of_merged(created_at, max(row.updated_at for row in rows)))


def _copied(store: Store, row: Upstream, created_at: datetime, label: str, sources: dict[str, str]) -> RenderedBody:
    text, is_own = _rewritten(store, row), row.feed == PKB
    resource: Json = {} if is_own else parse_stored(text)
    new_meta = meta.of_copied(
        resource.get("meta", {}),
        created_at=created_at,
        persisted_at=row.updated_at,
        recorded=row.recorded,
        route=row.route,
        label=label,
        sources=sources,
    )
    # Only a Customer's resource has an id and a meta of its own.
    return (
        RenderedBody.of_content(text, new_meta) if is_own else RenderedBody.of_resource({**resource, "meta": new_meta})
    )


def _rewritten(store: Store, row: Upstream) -> str:
    """Return the text of a row, with references to aggregated resources."""
    return rewrite_references(row.text, lambda relative: _target(store, f"{row.feed}/{relative}"))


def _sources(store: Store, row: Upstream) -> dict[str, str]:
    """Return the sources as aggregated resources; if a row has none, those of the patient's row."""
    patient = store.find_one(Upstream, row.patients[0]) if row.patients and not row.source and not row.person else None
    person = row.person.split("/")[1].lower() if row.person else "person"
    ids = {"organisation": patient.source if patient else row.source, "team": row.team, person: row.person}
    return {role: _target(store, id_) for role, id_ in ids.items() if id_}


def _target(store: Store, id_: str) -> str:
    return store.get(Upstream, id_).target
