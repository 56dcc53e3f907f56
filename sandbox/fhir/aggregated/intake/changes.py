"""Pass changes of Customers' resources to Aggregated: in the same transaction, or after a delay.

Source: *FHIR FAQs*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3918954514/FHIR+FAQs
"""

from __future__ import annotations

from datetime import timedelta

from sandbox.domain import due
from sandbox.domain.record import Record
from sandbox.fhir.aggregated.intake import backlog, news, sync
from sandbox.fhir.aggregated.intake.feeds import feed_of, upstream_id
from sandbox.fhir.aggregated.intake.stu3 import type_in_r4
from sandbox.fhir.aggregated.intake.unmapped import Needs
from sandbox.fhir.aggregated.intake.upstream import types, upstream
from sandbox.fhir.aggregated.intake.watcher import AGGREGATION, Watcher, watch
from sandbox.fhir.aggregated.linking.identity import PKB
from sandbox.model import Organisation, Patient, Resource, Upstream, Waiting
from sandbox.store import Store
from sandbox.worlds.workspace import Workspace

CUSTOMER = "customer"
"""The API of Customers' resources."""


def on_start(workspace: Workspace, before: Resource | None, after: Resource) -> None:
    """Let a resource with which a world starts wait until Aggregated is read, or schedule it as any other."""
    if workspace.settings.aggregation_delay:
        on_change(workspace, before, after)
    else:
        backlog.add_waiting(workspace.store, after)


def on_change(workspace: Workspace, before: Resource | None, after: Resource) -> None:
    """Aggregate a Customer's new, changed or deleted resource: at once, or after `aggregation_delay`."""
    record, delay = workspace.record, workspace.settings.aggregation_delay
    if not delay:
        _take_in(workspace, record, after)
    # A later change does not prolong the delay of an earlier one: the newest version is aggregated when it ends.
    elif not due.is_scheduled(record.store, AGGREGATION, after.id):
        due.schedule(record, AGGREGATION, after.id, record.now() + timedelta(seconds=delay))


def aggregate(workspace: Workspace, record: Record, id_: str) -> str:
    """Aggregate a delayed resource that is due."""
    _take_in(workspace, record, record.store.get(Resource, id_))
    return f"Aggregated: {id_}"


def prepare(workspace: Workspace) -> None:
    """Map PKB's organisations and follow their changes, on which every request and change relies."""
    if not workspace.store.is_watched(Organisation, Watcher(workspace)):
        watch(workspace)
    sync.map_organisations(workspace.store, workspace.clock.now())


def take_in_of(workspace: Workspace, patient: Patient) -> None:
    """Aggregate what still waits about one patient since the world started."""
    if workspace.store.count(Waiting):
        with workspace.store.transaction():
            prepare(workspace)
            backlog.take_in_of(workspace.store, patient, workspace.clock.now())


async def begin(workspace: Workspace) -> None:
    """Aggregate PKB's organisations, and what still waits and shares a number with one, before anything is read."""
    store = workspace.store
    if store.count(Waiting):
        await backlog.sort_in(store)
        with store.transaction():
            prepare(workspace)
            rows = (
                row for organisation in store.all(Organisation) if (row := _row_of(store, organisation)) is not None
            )
            backlog.take_in_around(store, rows, workspace.clock.now())


def _row_of(store: Store, organisation: Organisation) -> Upstream | None:
    return store.find_one(Upstream, f"{PKB}/Organization/{organisation.id}")


async def take_in(workspace: Workspace, needs: Needs) -> bool:
    """Aggregate what still waits and a response needs, in pieces. Returns False if there is nothing left to do."""
    if needs.all_waiting and workspace.store.count(Waiting):
        await take_in_all(workspace)
        return True
    await backlog.take_in_some(workspace.store, needs.waiting.values(), workspace.clock.now())
    return bool(needs.waiting)


async def take_in_all(workspace: Workspace) -> None:
    """Aggregate everything that still waits since the world started, in pieces."""
    if workspace.store.count(Waiting):
        with workspace.store.transaction():
            prepare(workspace)
        await backlog.take_in_all(workspace.store, workspace.clock.now())


def skip_reason(store: Store, resource: Resource, release: str) -> str:
    """Explain why a Customer's resource is not in Aggregated; empty if it is, or if it is delayed."""
    type_ = type_in_r4(resource.type) if release == "stu3" else resource.type
    if type_ not in types():
        return f"{resource.type} is not aggregated"
    row = store.find_one(Upstream, f"{resource.endpoint}/{type_}/{resource.logical_id}")
    return row.reason if row is not None else ""


def _take_in(workspace: Workspace, record: Record, resource: Resource) -> None:
    """Aggregate a resource, and what it needs of the world's start; notify patients if it came in an exchange, but not
    if a world starts with it.
    """
    store = workspace.store
    feed = feed_of(store, resource.endpoint)
    id_ = upstream_id(feed, resource)
    if id_.split("/")[1] in types():
        prepare(workspace)
        row = upstream(resource, feed)
        backlog.remove_waiting(store, id_)
        rows = {**backlog.take_needed(store, [row] if row is not None else []), id_: row}
        sync.take_in(store, rows, record.now())
        upstream_row = store.find_one(Upstream, id_)
        # Resources of a starting world are no news.
        if record.cause.api == CUSTOMER and record.cause.exchange and upstream_row is not None:
            news.notify_patients(record, upstream_row)
