"""Aggregation: what of the rows upstream is skipped, and in which aggregated resources the others end.

A row (`Upstream`) is skipped when something is wrong with itself, or when it refers to a row that is missing or
skipped. The others have a target: the copy of one row, or what a group of rows with keys in common merges into.

Source: *Aggregated Data*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/5001904159
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from sandbox.fhir.aggregated.identity import copied_id, merged_id
from sandbox.model import Upstream
from sandbox.store import Store

Key = tuple[str, str]
"""A type, and a key that rows of a group have in common."""

Group = tuple[list[Upstream], set[Key]]


def settle(store: Store, changes: Mapping[str, Upstream | None]) -> set[str]:
    """Takes in rows by their ids, None for one that is gone. Gives the targets that must be made anew.

    Costs as much as what depends on the changes: a row that stays good and where it was concerns nobody else.
    """
    before = {id_: store.find_one(Upstream, id_) for id_ in changes}
    before = {id_: row for id_, row in before.items() if _take_in(store, row, changes[id_])}
    changed = set(before)
    reached = _reached(store, before)
    before.update({id_: store.find_one(Upstream, id_) for id_ in reached - changed})
    _judge(store, reached)
    keys = {key for id_ in reached for row in (before[id_], store.find_one(Upstream, id_)) for key in _keys(row)}
    groups = _groups(store, keys)
    before.update({row.id: row for rows, _ in groups for row in rows if row.id not in before})
    _aim(store, reached, groups)
    return _dirty(store, before, changed)


def _take_in(store: Store, earlier: Upstream | None, row: Upstream | None) -> bool:
    """Stores or deletes a row; False when it says what it said before, and nothing has changed."""
    if row is None:
        if earlier is not None:
            store.delete(earlier)
        return earlier is not None
    known = earlier or row
    row = replace(row, reason=row.fault or known.reason, target=known.target, created_at=known.created_at)
    if replace(row, updated_at=known.updated_at, reason=known.reason) == earlier:
        return False
    store.put(row)
    return True


def _reached(store: Store, before: Mapping[str, Upstream | None]) -> set[str]:
    """The changed rows, and with those that were or may be skipped all that lead to them."""
    reached = set(before)
    waiting = [id_ for id_, earlier in before.items() if not _stays_good(store, id_, earlier)]
    while waiting:
        for id_ in store.ids(Upstream, "reference", waiting.pop()):
            if id_ not in reached:
                reached.add(id_)
                waiting.append(id_)
    return reached


def _stays_good(store: Store, id_: str, earlier: Upstream | None) -> bool:
    row = store.find_one(Upstream, id_)
    return bool(earlier and row and not earlier.reason and not row.fault and not _bad_reference(store, row, set()))


def _judge(store: Store, ids: Iterable[str]) -> None:
    """Which of some rows are skipped: all are hoped for, until one leads to a row that is missing or skipped."""
    found = {id_: row for id_ in ids if (row := store.find_one(Upstream, id_)) is not None}
    hoped = {id_ for id_, row in found.items() if not row.fault}
    reasons = {id_: row.fault for id_, row in found.items()}
    waiting = sorted(hoped)
    while waiting:
        id_ = waiting.pop()
        bad = _bad_reference(store, found[id_], hoped) if id_ in hoped else ""
        if bad:
            hoped.discard(id_)
            reasons[id_] = f"it refers to {bad.split('/', 1)[1]}, which is missing or skipped"
            store.put(replace(found[id_], reason=reasons[id_]))
            waiting += [one for one in store.ids(Upstream, "reference", id_) if one in hoped]
    for id_ in hoped:
        if found[id_].reason:
            store.put(replace(found[id_], reason=""))


def _bad_reference(store: Store, row: Upstream, hoped: set[str]) -> str:
    """The first reference to a row that is missing or skipped, with the benefit of the doubt for some."""
    for id_ in row.references:
        if id_ not in hoped:
            other = store.find_one(Upstream, id_)
            if other is None or other.reason:
                return id_
    return ""


def _keys(row: Upstream | None) -> Iterator[Key]:
    return ((row.type, key) for key in row.keys) if row is not None else iter(())


def _groups(store: Store, keys: set[Key]) -> list[Group]:
    """The groups that hang together by any of some keys."""
    found: list[Group] = []
    done: set[Key] = set()
    for key in sorted(keys):
        if key not in done:
            found.append(_group(store, key))
            done |= found[-1][1]
    return found


def _group(store: Store, key: Key) -> Group:
    """The rows that are not skipped and that hang together by common keys, from one key on; and all their keys."""
    keys, rows, waiting = {key}, dict[str, Upstream](), [key]
    while waiting:
        for row in store.find(Upstream, "key", waiting.pop()):
            if not row.reason and row.id not in rows:
                rows[row.id] = row
                waiting += [one for one in _keys(row) if one not in keys]
                keys |= set(_keys(row))
    return list(rows.values()), keys


def _aim(store: Store, ids: Iterable[str], groups: list[Group]) -> None:
    """Gives rows their targets: skipped ones none, copied ones their own, merged ones that of their group."""
    for id_ in ids:
        row = store.find_one(Upstream, id_)
        if row is not None and (row.reason or not row.keys):
            _put_target(store, row, "" if row.reason else f"{row.type}/{copied_id(row.id)}")
    for rows, keys in groups:
        for row in rows:
            _put_target(store, row, f"{row.type}/{merged_id(row.type, [key for _, key in keys])}")


def _put_target(store: Store, row: Upstream, target: str) -> None:
    if row.target != target:
        store.put(replace(row, target=target))


def _dirty(store: Store, before: Mapping[str, Upstream | None], changed: set[str]) -> set[str]:
    """The targets, left or come to, of rows that changed or moved, and of those that refer to one that moved."""
    dirty: set[str] = set()
    for id_, earlier in before.items():
        row = store.find_one(Upstream, id_)
        was, is_ = (earlier.target if earlier else ""), (row.target if row else "")
        moved = was != is_ or (earlier and row and earlier.source != row.source)
        if moved or id_ in changed:
            dirty |= {was, is_}
        if moved:
            dirty |= {one.target for one in _dependents(store, id_)}
    return dirty - {""}


def _dependents(store: Store, id_: str) -> Iterator[Upstream]:
    """The rows that refer to a row, and through a Patient those that have their source organisation from it."""
    for row in store.find(Upstream, "reference", id_):
        yield row
        if row.type == "Patient":
            yield from store.find(Upstream, "reference", row.id)
