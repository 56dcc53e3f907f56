"""Format a difference for people: a line for each entry, grouped by patient."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.model import Patient
from sandbox.store.states import State
from sandbox.worlds.difference.comparing import StoreDifference
from sandbox.worlds.difference.entries import DifferenceEntry


def as_text(difference: StoreDifference, names: tuple[str, str], states: tuple[State, State]) -> str:
    """`+` for added, `~` for changed, `-` for removed."""
    groups: dict[str | None, list[str]] = {}
    marks = {"+": difference.added, "~": difference.changed, "-": difference.removed}
    for mark, entries in marks.items():
        for entry in entries:
            groups.setdefault(entry.patient, []).append(f"  {mark} {entry.text}")
    counts = ", ".join(f"{len(entries)} {word}" for word, entries in _counted(difference))
    lines = [f"From {names[0]} to {names[1]}: {counts}"]
    for patient in sorted(groups, key=lambda id_: _heading(id_, states)):
        lines += ["", _heading(patient, states), *groups[patient]]
    return "\n".join(lines) + "\n"


def _counted(difference: StoreDifference) -> Iterator[tuple[str, list[DifferenceEntry]]]:
    yield "added", difference.added
    yield "changed", difference.changed
    yield "removed", difference.removed


def _heading(id_: str | None, states: tuple[State, State]) -> str:
    if id_ is None:
        return "No patient"
    patient = states[1].find_one(Patient, id_) or states[0].find_one(Patient, id_)
    return f"{patient.name.display} ({id_})" if patient is not None else id_
