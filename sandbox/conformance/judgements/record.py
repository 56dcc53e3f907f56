"""Judgements about the record: whether it contains the data that the client sent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sandbox.base.clock import HOME, instant
from sandbox.conformance.evidence import Evidence, Judgement, judged
from sandbox.control import record_view
from sandbox.domain.patients.identifiers import with_number
from sandbox.model import Patient

Json = dict[str, Any]
IN_RECORD = "conformance.in-record"


def in_record(evidence: Evidence, row: Json) -> Judgement:
    """Judge the entries of a `kind` in the record view whose values equal those of `match`.

    There are `count` of them, by default one, with the values of `expect`, and of `local`, which are times in the zone
    of PKB's patients. `nhs_number` names another patient than that of the run.
    """
    count, expect = row.get("count", 1), {**row.get("expect", {}), **_as_utc(row.get("local", {}))}
    name = ", ".join(map(str, row["match"].values()))
    with_values = "".join(f", {path} {value}" for path, value in expect.items())
    expected = f"{row['kind']} of the record: {name} {_times(count)}{with_values}"
    entries = [entry for entry in _entries(evidence, row) if _has(entry, row["match"])]
    arrivals = evidence.arrivals[-1:]
    if len(entries) != count:
        return judged(IN_RECORD, expected, f"{name} {_times(len(entries))}", arrivals, passed=False)
    different = [
        f"{path} {value_at(entry, path)}"
        for entry in entries
        for path, v in expect.items()
        if value_at(entry, path) != v
    ]
    actual = ", ".join(different) or f"{name} {_times(count)}{with_values}"
    return judged(IN_RECORD, expected, actual, arrivals, passed=not different)


def _times(count: int) -> str:
    return {0: "not at all", 1: "once"}.get(count, f"{count} times")


def _entries(evidence: Evidence, row: Json) -> list[Json]:
    store = evidence.workspace.store
    number = row.get("nhs_number")
    # Read again: the patient of the cast is as before the step.
    patients = with_number(store, "NHS", number) if number else [store.get(Patient, evidence.cast.patient.id)]
    views = [record_view.record(store, patient) for patient in patients]
    return (
        [view["patient"] for view in views] if row["kind"] == "patient" else [e for v in views for e in v[row["kind"]]]
    )


def _has(entry: Json, match: Json) -> bool:
    return all(value_at(entry, path) == value for path, value in match.items())


def value_at(entry: Any, path: str) -> Any:
    """Return the value at a path with dots; None where there is none."""
    for name in path.split("."):
        entry = entry.get(name) if isinstance(entry, dict) else None
    return entry


def _as_utc(local: dict[str, str]) -> dict[str, str]:
    """Convert local times to instants as the record view shows them."""
    return {
        path: instant(datetime.fromisoformat(text).replace(tzinfo=HOME).astimezone(UTC)) for path, text in local.items()
    }
