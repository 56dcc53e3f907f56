"""What changes upstream, on its way into Aggregated: at once and in the same transaction, or after a delay.

Source: *FHIR FAQs*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3918954514/FHIR+FAQs
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sandbox.domain.record import Cause
from sandbox.fhir.aggregated import news, sync
from sandbox.fhir.aggregated.stu3 import type_in_r4
from sandbox.fhir.aggregated.upstream import Feed, types, upstream
from sandbox.fhir.aggregated.watcher import WATCHED, Watcher
from sandbox.model import Organisation, Pending, Resource, Upstream
from sandbox.store import Store
from sandbox.workspace import Workspace

CUSTOMER = "customer"
"""The API that Customers' resources come by."""


def on_change(workspace: Workspace, before: Resource | None, after: Resource) -> None:
    """Takes in a Customer's resource, new, changed or deleted; with `aggregation_delay` notes that it is to come."""
    store, now, cause = workspace.store, workspace.clock.now(), workspace.record.cause
    exchange = cause.exchange if cause.api == CUSTOMER else None
    if not workspace.settings.aggregation_delay:
        _take_in(workspace, after, exchange)
    elif store.find_one(Pending, after.id) is None:
        due = now + timedelta(seconds=workspace.settings.aggregation_delay)
        store.put(Pending(id=after.id, due=due, exchange=exchange))


def catch_up(workspace: Workspace) -> None:
    """Takes in what was delayed and is due by now."""
    now, store = workspace.clock.now(), workspace.store
    for pending in sorted(store.all(Pending), key=lambda one: (one.due, one.id)):
        if pending.due <= now:
            store.delete(pending)
            _take_in(workspace, store.get(Resource, pending.id), pending.exchange)


def watch(workspace: Workspace) -> None:
    """Has changes of PKB's own data noticed from now on."""
    workspace.store.watch(WATCHED, Watcher(workspace))


def prepare(workspace: Workspace) -> None:
    """What every request and every change relies on: PKB's organisations are mapped, and changes to them noticed."""
    watch(workspace)
    sync.map_organisations(workspace.store, workspace.clock.now())


def reason(store: Store, resource: Resource, release: str) -> str:
    """Why a Customer's resource is not in Aggregated; nothing when it is there, or is to come."""
    type_ = type_in_r4(resource.type) if release == "stu3" else resource.type
    if type_ not in types():
        return f"{resource.type} is not aggregated"
    found = store.find_one(Upstream, f"{resource.endpoint}/{type_}/{resource.logical_id}")
    return found.reason if found is not None else ""


def _take_in(workspace: Workspace, resource: Resource, exchange: str | None) -> None:
    """Takes in a resource; what came in an exchange is announced, and what a world starts with is not."""
    feed = _feed(workspace.store, resource.endpoint)
    type_ = type_in_r4(resource.type) if feed.release == "stu3" else resource.type
    if type_ in types():
        prepare(workspace)
        row = upstream(resource, feed)
        id_ = f"{feed.name}/{type_}/{resource.logical_id}"
        sync.take_in(workspace.store, {id_: row}, workspace.clock.now())
        taken_in = workspace.store.find_one(Upstream, id_)
        if exchange and taken_in is not None:
            news.announce(replace(workspace.record, cause=Cause(exchange, CUSTOMER)), taken_in)


def _feed(store: Store, name: str) -> Feed:
    (owner,) = store.find(Organisation, "endpoint", name)
    endpoint = next(endpoint for endpoint in owner.endpoints if endpoint.name == name)
    return Feed(
        name=name,
        release=endpoint.release,
        owner=owner.id,
        labels=owner.code_sets.semantic_labels or {},
        default_source=f"Organization/{endpoint.default_source}" if endpoint.default_source else "",
        default_label=endpoint.default_label,
    )
