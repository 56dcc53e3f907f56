"""The patients who can sign in, of a large world usually a few: the others are not read."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.model import Patient
from sandbox.store import Store


def patients_able_to_sign_in(store: Store) -> Iterator[Patient]:
    """Iterate over the registered, living patients with a password: valid until the next write."""
    return (store.get(Patient, id_) for id_ in store.ids(Patient, "can_sign_in", True))
