"""Whose records a request is about, so that only those are mapped before it is answered.

A search that names patients, by identifier or by reference, is about those; every other request may be about everyone
in the caller's organisation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sandbox.fhir.aggregated.identity import PUBLIC_ID
from sandbox.fhir.aggregated.questionnaire_requests import by_identifier
from sandbox.fhir.aggregated.upstream import types
from sandbox.fhir.aggregated.visibility import records
from sandbox.fhir.matching.escape import split, unescape
from sandbox.model import Aggregate, Patient
from sandbox.store import Store

Pairs = Sequence[tuple[str, str]]

_CHAINED = re.compile(r"(?:subject|patient|actor)(?::Patient)?\.identifier")
_REFERENCE = re.compile(r"(?:subject|patient|actor)(?::Patient)?")


def by_public_id(pairs: Pairs) -> list[tuple[str, str]]:
    """The pairs with the older system of public ids of patients written as the newer one, which resources carry."""
    return [(name, value.replace(f"{PUBLIC_ID[1]}|", f"{PUBLIC_ID[0]}|")) for name, value in pairs]


def named(store: Store, type_: str, pairs: Pairs) -> list[Patient] | None:
    """The records that a search names; None when it names none, and is about everyone."""
    for name, value in pairs:
        if (type_ == "Patient" and name == "identifier") or (_has_patient(type_) and _CHAINED.fullmatch(name)):
            return list(_identified(store, value))
        if _has_patient(type_) and _REFERENCE.fullmatch(name):
            return [one for text in split(value, ",") for one in records(store, f"Patient/{text.rpartition('/')[2]}")]
    return None


def read(store: Store, type_: str, id_: str) -> list[Patient] | None:
    """The records that a resource is about; None when nothing of that name has been mapped so far."""
    found = store.find_one(Aggregate, f"{type_}/{id_}")
    if found is None:
        return None
    return [one for patient in found.patients for one in records(store, patient)]


def _has_patient(type_: str) -> bool:
    return "patient" in types().get(type_, {})


def _identified(store: Store, value: str) -> Iterator[Patient]:
    for text in split(value, ","):
        system, bar, number = text.partition("|")
        if bar and system:
            yield from by_identifier(store, unescape(system), unescape(number))
