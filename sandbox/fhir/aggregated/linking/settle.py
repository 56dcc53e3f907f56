"""Aggregation: decide which upstream rows are skipped, and the aggregated resources of the others.

A row (`Upstream`) is skipped if it has a fault, if it refers to a row that is missing or skipped, or if it is a
Patient that would join two PKB records. Other rows have a target: the copy of one row, the resource of the PKB record
to which a Patient belongs, or the merged resource of a group with common keys.

Source: *Aggregated Data*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/5001904159
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.base.quick_init import changed
from sandbox.fhir.aggregated.linking import links
from sandbox.fhir.aggregated.linking.identity import PKB, copied_id, merged_id, record_target
from sandbox.model import Upstream
from sandbox.store import Store

Key = tuple[str, str]
"""A type, and a key that rows of a group have in common."""


@dataclass(slots=True)
class Group:
    """Rows that merge into one resource, and their keys; for Patients also the PKB record, if any."""

    type: str
    rows: list[Upstream]
    keys: Collection[str]
    record: str = ""


@dataclass(slots=True)
class Settling:
    """One run: the rows before it, the ids of changed rows, and of rows to check and to give targets."""

    store: Store
    before: dict[str, Upstream | None]
    changed: set[str]
    reached: set[str] = field(default_factory=set)

    def reach(self, ids: Iterable[str]) -> None:
        """Add rows, and transitively those that refer to them."""
        waiting = [id_ for id_ in ids if id_ not in self.reached]
        self.reached.update(waiting)
        while waiting:
            for id_ in self.store.ids(Upstream, "reference", waiting.pop()):
                if id_ not in self.reached:
                    self.reached.add(id_)
                    waiting.append(id_)
        self.note(self.reached)

    def note(self, ids: Iterable[str]) -> None:
        """Remember rows as they are now, unless that was done before."""
        self.before.update({id_: self.store.find_one(Upstream, id_) for id_ in ids if id_ not in self.before})


def settle_rows(
    store: Store, changes: Mapping[str, Upstream | None], now: datetime, numbers: Iterable[str] = ()
) -> set[str]:
    """Process rows by id, None for a deleted one. Returns the targets to build again.

    `numbers` are keys of Patients that PKB records have gained or lost. The cost depends on the changes: an
    unaffected row is not read.
    """
    earlier = {id_: store.find_one(Upstream, id_) for id_ in changes}
    accepted = {id_: row for id_, row in earlier.items() if _store_row(store, row, changes[id_], now)}
    run = Settling(store, dict(accepted), set(accepted), set(accepted))
    run.reach(_referring_rows(store, [id_ for id_, row in accepted.items() if not _stays_good(store, id_, row)]))
    _store_reasons(store, run.reached)
    keys = {*numbers, *_patient_keys(run)}
    _link(run, keys)
    groups = [*_groups(store, _merging(run)), *_linked(store, keys | set(_patient_keys(run)))]
    run.note(row.id for group in groups for row in group.rows)
    _set_targets(store, run.reached, groups)
    return _targets_to_rebuild(run, now)


def _store_row(store: Store, earlier: Upstream | None, row: Upstream | None, now: datetime) -> bool:
    """Store or delete a row; return False if nothing changed."""
    if row is None:
        if earlier is not None:
            store.delete(earlier)
        return earlier is not None
    if earlier is None:
        # With its target at once, as most new rows are copied; one that turns out to be skipped loses it again.
        store.put(changed(row, reason=row.fault, target=_copied_target(row)))
        return True
    row = changed(
        row,
        reason=row.fault or earlier.reason,
        target=earlier.target,
        created_at=earlier.created_at,
        since=earlier.since,
        conflict=earlier.conflict,
        touched_at=earlier.touched_at,
    )
    # A resource that a Customer sends again unchanged keeps its time; PKB's own data has a time of change itself.
    updated_at = row.updated_at if row.feed == PKB else earlier.updated_at
    if changed(row, updated_at=updated_at, reason=earlier.reason) == earlier:
        return False
    store.put(changed(row, touched_at=now) if row.type in UNDATED and row.feed == PKB else row)
    return True


def _copied_target(row: Upstream) -> str:
    """Return the target of a row that is copied; empty for one that merges, and for one with a fault."""
    return "" if row.fault or row.keys else f"{row.type}/{copied_id(row.id)}"


UNDATED = ("Organization", "Practitioner")
"""Rows without a time of change in PKB's record."""


def _referring_rows(store: Store, ids: Iterable[str]) -> set[str]:
    """Return the rows that refer to some rows."""
    return {other for id_ in ids for other in store.ids(Upstream, "reference", id_)}


def _stays_good(store: Store, id_: str, earlier: Upstream | None) -> bool:
    row = store.find_one(Upstream, id_)
    return bool(earlier and row and not earlier.reason and not row.fault and not _bad_reference(store, row, {}))


def _store_reasons(store: Store, ids: Iterable[str]) -> None:
    """Store which rows are skipped: assume none, then follow references to missing or skipped rows."""
    rows = {id_: row for id_ in ids if (row := store.find_one(Upstream, id_)) is not None}
    reasons = {id_: row.fault or row.conflict for id_, row in rows.items()}
    hoped = {id_ for id_, reason in reasons.items() if not reason}
    waiting = sorted(hoped)
    while waiting:
        id_ = waiting.pop()
        bad = _bad_reference(store, rows[id_], reasons) if id_ in hoped else ""
        if bad:
            # Optimistic: rows that refer to each other in a circle are good unless something outside is missing.
            hoped.discard(id_)
            reasons[id_] = f"it refers to {bad.partition('/')[2]}, which is missing or skipped"
            waiting += [dependent for dependent in store.ids(Upstream, "reference", id_) if dependent in hoped]
    for id_, reason in reasons.items():
        if rows[id_].reason != reason:
            store.put(changed(rows[id_], reason=reason))


def _bad_reference(store: Store, row: Upstream, reasons: Mapping[str, str]) -> str:
    """Return the first reference to a missing or skipped row; `reasons` take precedence over those in the rows."""
    for id_ in row.references:
        other = store.find_one(Upstream, id_)
        if other is None or reasons.get(id_, other.reason):
            return id_
    return ""


def _patient_keys(run: Settling) -> Iterator[str]:
    """Return the numbers of the Customers' Patients in a run, before and now."""
    for id_ in run.reached:
        yield from links.keys_of((run.before.get(id_), run.store.find_one(Upstream, id_)))


def _link(run: Settling, keys: set[str]) -> None:
    """Check the Patients around some keys, and the rows that refer to Patients whose conflict begins or ends."""
    waiting = keys
    # A Patient that begins or ceases to be skipped changes the links of others, so these are checked again.
    for _ in range(MOST_ROUNDS):
        moved = links.changed_conflicts(run.store, waiting)
        if not moved:
            return
        run.note(row.id for row in moved)
        for row in moved:
            run.store.put(row)
        run.reach([row.id for row in moved])
        run.reach(_referring_rows(run.store, [row.id for row in moved]))
        _store_reasons(run.store, run.reached)
        waiting = waiting | set(_patient_keys(run))


MOST_ROUNDS = 5
"""Limit for rounds of Patients that are skipped because another one is."""


def _merging(run: Settling) -> set[Key]:
    """Return the keys of the Organizations and Medications in a run, before and now."""
    rows = (row for id_ in run.reached for row in (run.before.get(id_), run.store.find_one(Upstream, id_)))
    return {(row.type, key) for row in rows if row is not None and row.type != links.PATIENT for key in row.keys}


def _groups(store: Store, keys: set[Key]) -> Iterator[Group]:
    """Return the groups connected by some keys."""
    done: set[Key] = set()
    for type_, key in sorted(keys):
        if (type_, key) not in done:
            group = _group(store, type_, key)
            done |= {(type_, group_key) for group_key in group.keys}
            yield group


def _group(store: Store, type_: str, key: str) -> Group:
    """Return the rows that are not skipped and connected by common keys to one key, and all their keys."""
    keys, rows, waiting = {key}, dict[str, Upstream](), [key]
    while waiting:
        for row in store.find(Upstream, "key", (type_, waiting.pop())):
            if not row.reason and row.id not in rows:
                rows[row.id] = row
                waiting += [row_key for row_key in row.keys if row_key not in keys]
                keys |= set(row.keys)
    return Group(type_, list(rows.values()), keys)


def _linked(store: Store, keys: set[str]) -> Iterator[Group]:
    """Return the Patients around some keys, in groups with their record, if any."""
    for link in links.links_around(store, keys).links:
        rows = [row for row in link.rows if not row.reason]
        if rows:
            yield Group(links.PATIENT, rows, link.keys, link.record)


def _set_targets(store: Store, ids: Iterable[str], groups: list[Group]) -> None:
    """Set targets: none for skipped rows, their own for copied ones, that of the group for merged ones."""
    for id_ in ids:
        row = store.find_one(Upstream, id_)
        if row is not None and (row.reason or not row.keys):
            _put_target(store, row, "" if row.reason else _copied_target(row))
    for group in groups:
        if not group.rows:
            continue
        target = record_target(group.record) if group.record else _target_of(store, group)
        for row in group.rows:
            _put_target(store, store.get(Upstream, row.id), target)


def _target_of(store: Store, group: Group) -> str:
    """Return the target that a group had, that of its oldest row; a new one is derived from its smallest key."""
    members = {row.id for row in group.rows}
    # The oldest row keeps the id, so that a group that splits or grows stays where clients know it.
    for row in sorted(group.rows, key=links.arrival_order):
        if row.target and not links.is_of_record(store, row.target):
            holders = store.find(Upstream, "target", row.target)
            if min(holders, key=links.arrival_order, default=row).id in members:
                return row.target
    targets = (f"{group.type}/{merged_id(group.type, name)}" for name in (*sorted(group.keys), *sorted(members)))
    return next(target for target in targets if members.issuperset(store.ids(Upstream, "target", target)))


def _put_target(store: Store, row: Upstream, target: str) -> None:
    if row.target != target:
        store.put(changed(row, target=target))


def _targets_to_rebuild(run: Settling, now: datetime) -> set[str]:
    """Return the old and new targets of rows that changed or moved, and of rows that refer to moved ones.

    Remaining rows of a group are touched when others join or leave, and when the target of a reference has moved.
    """
    dirty, touched = set[str](), set[str]()
    for id_, earlier in run.before.items():
        row = run.store.find_one(Upstream, id_)
        was, is_ = (earlier.target if earlier else ""), (row.target if row else "")
        moved = was != is_ or (earlier and row and earlier.source != row.source)
        # Both targets: the old one loses a part, the new one gains it.
        if moved or id_ in run.changed:
            dirty |= {was, is_}
        if moved:
            dependents = list(_dependents(run.store, id_))
            dirty |= {dependent.target for dependent in dependents}
            touched |= {dependent.id for dependent in dependents}
        if was != is_:
            touched |= {*run.store.ids(Upstream, "target", was), *run.store.ids(Upstream, "target", is_)}
    for id_ in touched:
        row, is_new = run.store.find_one(Upstream, id_), id_ in run.before and run.before[id_] is None
        if row is not None and not is_new:
            run.store.put(changed(row, touched_at=now))
    return dirty - {""}


def _dependents(store: Store, id_: str) -> Iterator[Upstream]:
    """Return the rows that refer to a row, and those that get their source organisation from it through a Patient."""
    for row in store.find(Upstream, "reference", id_):
        yield row
        if row.type == "Patient":
            yield from store.find(Upstream, "reference", row.id)
