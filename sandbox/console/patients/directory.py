"""Search a world's patients by name, number and reason, however many they are."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from sandbox.model import Patient
from sandbox.store import Derived, Store
from sandbox.store.states import State
from sandbox.worlds.slices import Slices
from sandbox.worlds.workspace import Workspace

LONGEST_QUERY = 200
_SEPARATORS = str.maketrans("", "", " -")
_ORDER: Derived[list[Patient]] = Derived(Patient)
_ROWS: Derived[list[tuple[Patient, str]]] = Derived(Patient)
_TEXTS: WeakKeyDictionary[Store, dict[str, tuple[Patient, str]]] = WeakKeyDictionary()
"""Patient id → the patient, and the text in which a search looks: a changed patient is another object."""


def newest_first(world: Workspace) -> list[Patient]:
    """Return all patients: those that the running world gained, newest first, then the seeded ones in their order."""
    return _ORDER.of(world.store, "", lambda: _ordered(world))


def _ordered(world: Workspace) -> list[Patient]:
    seeded = State.of_snapshot(world.seeded.snapshot)
    patients = list(world.store.all(Patient))
    gained = [patient for patient in patients if seeded.find_one(Patient, patient.id) is None]
    ids = {patient.id for patient in gained}
    return [*reversed(gained), *(patient for patient in patients if patient.id not in ids)]


def search(world: Workspace, query: str) -> list[Patient]:
    """Return the patients whose name, numbers, e-mail addresses and reason contain every word of the query.

    A number may be written with blanks and dashes.
    """
    words = query[:LONGEST_QUERY].casefold().split()
    if not words:
        return newest_first(world)
    number = "".join(words).translate(_SEPARATORS)
    if number.isdigit():
        # A number that was written in blocks is one word.
        words = [number]
    rows = _ROWS.of(world.store, "", lambda: _rows(world))
    for word in words:
        rows = [row for row in rows if word in row[1]]
    return [patient for patient, _ in rows]


async def read_texts(world: Workspace) -> None:
    """Read the texts of all patients in slices, before a search needs them."""
    texts, slices = _TEXTS.setdefault(world.store, {}), Slices()
    for patient in newest_first(world):
        _text(texts, patient)
        await slices.pause()


def _rows(world: Workspace) -> list[tuple[Patient, str]]:
    texts = _TEXTS.setdefault(world.store, {})
    return [(patient, _text(texts, patient)) for patient in newest_first(world)]


def _text(texts: dict[str, tuple[Patient, str]], patient: Patient) -> str:
    remembered = texts.get(patient.id)
    # By identity: entities are replaced when they change, so another object means another text.
    if remembered is None or remembered[0] is not patient:
        numbers = (identifier.value for identifier in patient.identifiers)
        addresses = (contact.value for contact in patient.contacts)
        parts = (patient.name.full, *numbers, *addresses, str(patient.legacy_id), patient.id, patient.reason)
        remembered = texts[patient.id] = patient, "\n".join(parts).casefold()
    return remembered[1]
