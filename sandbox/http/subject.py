"""The patient of a request: the journal stores their public id, and fault rules can match it.

The path decides first, then parameters, then the body; otherwise it is the
signed-in patient. Nothing is changed, and an unreadable request has no patient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from functools import cache

from sandbox import model
from sandbox.http.call import Call
from sandbox.model import Patient
from sandbox.store import Store
from sandbox.store.schema import TABLES

SubjectOf = Callable[[Call], str]
"""Return the public id of a request's patient, or empty."""

LONGEST_WORD = 200
"""Maximum number of characters of an id or number; a longer text is ignored."""
_PUNCTUATION = str.maketrans("", "", " -")
"""Separators in written national numbers."""


def signed_in(call: Call) -> str:
    """Return the patient whose token came with the request."""
    return public_id(call.workspace.store, call.principal.user if call.principal else None)


def public_id(store: Store, id_: str | None) -> str:
    """Return the id if it belongs to a patient."""
    return id_ if id_ and store.find_one(Patient, id_) is not None else ""


def first_patient_of(store: Store, words: Iterable[str], *, legacy: bool = False) -> str:
    """Return the first patient that a word identifies."""
    return next((patient for word in words if (patient := patient_of_word(store, word, legacy=legacy))), "")


def patient_of_word(store: Store, word: str, *, legacy: bool = False) -> str:
    """Return the patient of a word: a public id or an Aggregated id, alone or in a reference; or a number that only
    one patient has, alone or after its system and a bar. `legacy` allows the legacy id.
    """
    if len(word) > LONGEST_WORD:
        return ""
    id_ = word.rpartition("|")[2].rpartition("/")[2].strip()
    if not id_:
        return ""
    if patient := public_id(store, id_.lower()):
        return patient
    keys: list[tuple[str, str | int]] = [("aggregated_id", id_.lower()), ("number", id_)]
    if (number := id_.translate(_PUNCTUATION)) != id_:
        keys.append(("number", number))
    if legacy and id_.isascii() and id_.isdigit():
        keys.append(("legacy_id", int(id_)))
    return next((patient for index, key in keys if (patient := _only(store, index, key))), "")


def _only(store: Store, index: str, key: str | int) -> str:
    ids = store.ids(Patient, index, key)
    return next(iter(ids)) if len(ids) == 1 else ""


def patient_of_entity(store: Store, id_: str) -> str:
    """Return the patient of the data point, consent or other entity with an id."""
    if len(id_) > LONGEST_WORD:
        return ""
    for kind in _kinds_of_a_record():
        entity = store.find_one(kind, id_)
        if entity is not None:
            return public_id(store, entity.patient)
    return ""


@cache
def _kinds_of_a_record() -> tuple[type[model.DataPoint], ...]:
    """Every kind of entity that belongs to one patient."""
    # An item of the outbox is about a patient, but a notification is not part of the record.
    kinds = (kind for kind in TABLES if kind is not model.OutboxItem)
    return tuple(kind for kind in kinds if "patient" in {field.name for field in fields(kind)})
