"""The resources with which a world starts: Aggregated takes them in when they are first needed, not at the start.

A resource is taken in with all that it refers to, and with what shares a key with these, so that the result is the
same as if everything had been taken in. A change of a Customer needs that of its own resource; a question to the
Aggregated endpoint what it can touch (`awaited`), or all, in pieces between which other requests run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from sandbox.fhir.aggregated.intake import awaited, sync
from sandbox.fhir.aggregated.intake.feeds import feed_of, upstream_id
from sandbox.fhir.aggregated.intake.upstream import types, upstream
from sandbox.model import Patient, Resource, Upstream, Waiting
from sandbox.store import Store
from sandbox.worlds.slices import Slices

PIECE = 10
"""Number of resources, besides those that they need, that are taken in before other requests may run."""

_PATIENT = re.compile(r'"reference":"(?:[^"]*/)?Patient/(?P<id>[A-Za-z0-9\-.]{1,64})["/]')


def add_waiting(store: Store, resource: Resource) -> None:
    """Let a resource wait, if its type is aggregated."""
    feed = feed_of(store, resource.endpoint)
    id_ = upstream_id(feed, resource)
    type_ = id_.split("/")[1]
    if type_ not in types():
        return
    # Only a few resources are of merged types: their rows are built twice.
    row = upstream(resource, feed) if types()[type_]["how"] == "merged" else None
    patients = dict.fromkeys(f"{feed.name}/Patient/{match['id']}" for match in _PATIENT.finditer(resource.text))
    keys = row.keys if row is not None else ()
    store.put(Waiting(id=id_, resource=resource.id, keys=keys, patients=tuple(patients)))


def remove_waiting(store: Store, id_: str) -> None:
    """Remove a resource from the list, because a newer version of it is aggregated."""
    entry = store.find_one(Waiting, id_)
    if entry is not None:
        store.delete(entry)


def take_needed(store: Store, rows: Iterable[Upstream]) -> dict[str, Upstream | None]:
    """Take the resources off the list that some rows need, and those which these need; return their rows."""
    rows_by_id: dict[str, Upstream | None] = {}
    unread = list(rows) if store.count(Waiting) else []
    while unread:
        for entry in list(_around(store, unread.pop())):
            if entry.id not in rows_by_id:
                row = rows_by_id[entry.id] = _row_of(store, entry)
                unread += [row] if row is not None else []
    return rows_by_id


def _around(store: Store, row: Upstream) -> Iterator[Waiting]:
    """Return the waiting resources to which a row refers, or that share a key with it."""
    for id_ in row.references:
        entry = store.find_one(Waiting, id_)
        if entry is not None:
            yield entry
    for key in row.keys:
        yield from store.find(Waiting, "key", (row.type, key))


def _row_of(store: Store, entry: Waiting) -> Upstream | None:
    """Take a resource off the list and return its row; None if it is deleted."""
    store.delete(entry)
    resource = store.get(Resource, entry.resource)
    return upstream(resource, feed_of(store, resource.endpoint))


def take_in(store: Store, entries: Iterable[Waiting], now: datetime) -> None:
    """Take some waiting resources in, with what they need."""
    with store.transaction():
        rows = {entry.id: _row_of(store, entry) for entry in entries}
        rows |= take_needed(store, [row for row in rows.values() if row is not None])
        if rows:
            sync.take_in(store, rows, now)


def take_in_of(store: Store, patient: Patient, now: datetime) -> None:
    """Aggregate the waiting resources about one patient."""
    if store.count(Waiting):
        take_in(store, awaited.of_records(store, [patient.id]), now)


def take_in_around(store: Store, rows: Iterable[Upstream], now: datetime) -> None:
    """Take in what shares a key with some rows, and what these need."""
    with store.transaction():
        around = take_needed(store, rows)
        if around:
            sync.take_in(store, around, now)


async def take_in_some(store: Store, entries: Iterable[Waiting], now: datetime) -> None:
    """Aggregate some resources, in pieces; skip resources that another request has aggregated meanwhile."""
    slices, rest = Slices(), list(entries)
    while rest:
        piece, rest = rest[:PIECE], rest[PIECE:]
        take_in(store, [entry for entry in piece if store.find_one(Waiting, entry.id) is not None], now)
        await slices.pause()


async def take_in_all(store: Store, now: datetime) -> None:
    """Take in everything, in pieces."""
    slices = Slices()
    await sort_in(store)
    while store.count(Waiting):
        take_in(store, list(islice(store.all(Waiting), PIECE)), now)
        await slices.pause()


async def sort_in(store: Store) -> None:
    """Sort the waiting resources into their indexes before these are read, in pieces."""
    slices = Slices()
    while store.sort_in(Waiting, None, PIECE):
        await slices.pause()
