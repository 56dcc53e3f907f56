"""Link Customers' Patients to PKB records: by numbers, across any number of feeds, never to two records.

A Patient that would join two records is skipped. If several Patients together would join them, the earlier ones keep
their record, and the one that completes the connection is skipped.

Source: *Aggregated Data*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/5001904159
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.base.quick_init import changed
from sandbox.fhir.aggregated.linking.identity import PKB, holders
from sandbox.model import Patient, Upstream
from sandbox.store import Store

PATIENT = "Patient"


@dataclass(slots=True)
class Link:
    """Customers' Patients that are one person, all their keys, and their PKB record, if any."""

    rows: list[Upstream] = field(default_factory=list)
    keys: dict[str, None] = field(default_factory=dict)
    record: str = ""


@dataclass(slots=True)
class Links:
    """The links of the Patients around some keys. `conflicts` is the id of a row → why it has no link."""

    links: list[Link] = field(default_factory=list)
    conflicts: dict[str, str] = field(default_factory=dict)


def links_around(store: Store, keys: Iterable[str]) -> Links:
    """Return the links of every Patient connected to some keys."""
    rows = _rows_around(store, keys)
    links, by_key = Links(), dict[str, Link]()
    # In the order of arrival: earlier Patients keep the record that they have.
    for row in sorted(rows, key=arrival_order):
        leads = {key: _records(store, key, by_key) for key in row.keys}
        conflict = _conflict(leads)
        if conflict:
            links.conflicts[row.id] = conflict
        else:
            _join(row, next((record for records in leads.values() for record in records), ""), by_key)
    links.links = list({id(link): link for link in by_key.values()}.values())
    return links


def _rows_around(store: Store, keys: Iterable[str]) -> list[Upstream]:
    waiting = list(dict.fromkeys(keys))
    seen, rows = set(waiting), dict[str, Upstream]()
    while waiting:
        for row in store.find(Upstream, "key", (PATIENT, waiting.pop())):
            if row.id not in rows and _may_link(store, row):
                rows[row.id] = row
                fresh = [key for key in row.keys if key not in seen]
                seen.update(fresh)
                waiting += fresh
    return list(rows.values())


def _may_link(store: Store, row: Upstream) -> bool:
    """Return whether only its links could cause a Patient to be skipped."""
    # A row that is skipped for another reason takes part in no link, so it cannot cause a conflict.
    others = (store.find_one(Upstream, id_) for id_ in row.references)
    return not row.fault and all(other is not None and (not other.reason or other.conflict) for other in others)


def _records(store: Store, key: str, by_key: dict[str, Link]) -> tuple[str, ...]:
    """Return the records of a key: those with the number, else that of the Patients that share it."""
    records = holders(store, key)
    if records or key not in by_key:
        return records
    return (by_key[key].record,) if by_key[key].record else ()


def _conflict(leads: dict[str, tuple[str, ...]]) -> str:
    """Describe the systems of numbers that belong to two records; empty if all belong to one."""
    pairs = [(key, record) for key, records in leads.items() for record in records]
    other = next((key for key, record in pairs if record != pairs[0][1]), None)
    if other is None:
        return ""
    first, second = (key.partition("|")[0] for key in (pairs[0][0], other))
    if first == second:
        return f"its identifier of {first} belongs to two different patients"
    return f"its identifiers of {first} and {second} belong to two different patients"


def _join(row: Upstream, record: str, by_key: dict[str, Link]) -> None:
    """Join a Patient with all links that share a key with it."""
    parts = list({id(by_key[key]): by_key[key] for key in row.keys if key in by_key}.values())
    whole = Link(record=record)
    for part in parts:
        whole.rows += part.rows
        whole.keys |= part.keys
    whole.rows.append(row)
    whole.keys |= dict.fromkeys(row.keys)
    for key in whole.keys:
        by_key[key] = whole


def keys_of(rows: Iterable[Upstream | None]) -> Iterator[str]:
    """Return the keys of Customers' Patients among some rows."""
    return (key for row in rows if row is not None and row.type == PATIENT and row.feed != PKB for key in row.keys)


def changed_conflicts(store: Store, keys: Collection[str]) -> list[Upstream]:
    """Return the Patients around some keys whose conflict begins or ends, as they will be."""
    links = links_around(store, keys)
    rows = [row for key in keys for row in store.find(Upstream, "key", (PATIENT, key))]
    rows += [row for link in links.links for row in link.rows]
    rows += [store.get(Upstream, id_) for id_ in links.conflicts]
    judged = [
        changed(row, conflict=links.conflicts.get(row.id, ""))
        for row in {candidate.id: candidate for candidate in rows}.values()
    ]
    return [row for row in judged if row.conflict != store.get(Upstream, row.id).conflict]


def arrival_order(row: Upstream) -> tuple[int, datetime, str]:
    """Return the sort key for the order of arrival."""
    return row.since, row.created_at, row.id


def is_of_record(store: Store, target: str) -> bool:
    """Return whether an aggregated Patient, `Patient/id`, has a PKB record."""
    return bool(store.ids(Patient, "aggregated_id", target.rpartition("/")[2]))
