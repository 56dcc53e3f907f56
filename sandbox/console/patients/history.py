"""How a record came to be as it is: the noted changes of its entities, and the messages and calls about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.model import Patient
from sandbox.worlds.attributes.table import tables
from sandbox.worlds.change_log import ChangeStep
from sandbox.worlds.difference.of_changes import difference_of
from sandbox.worlds.exchange import Exchange
from sandbox.worlds.workspace import Workspace

READS = ("GET", "HEAD")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """A change in clinical words: the API, the exchange that the journal still has, and the entity."""

    texts: tuple[str, ...]
    api: str
    exchange: Exchange | None
    kind: str
    id: str


def changes_of(world: Workspace, patient: Patient, most: int) -> list[ChangeRow]:
    """Return the noted changes of a record, newest first."""
    rows: list[ChangeRow] = []
    for step in reversed([step for step in world.checkpoints.changes() if _is_about(step, patient)]):
        row = _row(world, step)
        if row.texts:
            rows.append(row)
        if len(rows) >= most:
            break
    return rows


def exchanges_about(world: Workspace, patient: Patient) -> Iterator[Exchange]:
    """Return what was sent about a patient and accepted, newest first: reads change nothing."""
    for exchange in reversed(list(world.exchanges)):
        is_read = exchange.method in READS or "QRY^A19" in exchange.operation
        if exchange.patient == patient.id and not is_read and exchange.outcome == "accepted":
            yield exchange


def _is_about(step: ChangeStep, patient: Patient) -> bool:
    entity: Any = step.after if step.after is not None else step.before
    table = tables().get(type(entity))
    return table is not None and bool(table.patient) and getattr(entity, table.patient, None) == patient.id


def _row(world: Workspace, step: ChangeStep) -> ChangeRow:
    exchange = world.exchanges.find(step.exchange) if step.exchange else None
    difference = difference_of(world, [(step.before, step.after)], exchange=exchange, api=step.api)
    entries = (*difference.added, *difference.changed, *difference.removed)
    kind, id_ = step.key
    names = {table.entity: table.name for table in tables().values()}
    return ChangeRow(
        texts=tuple(entry.text for entry in entries), api=step.api, exchange=exchange, kind=names[kind], id=id_
    )
