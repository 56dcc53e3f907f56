"""Identifiers in operations: their accepted systems, and the records that they identify.

Source: *Identifier systems*, http://dev.patientsknowbest.com/home/fhir-api/identifier-systems ;
*PKB Public ID*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/3636756571
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from sandbox.base import datafiles
from sandbox.domain.patients.identifiers import with_number
from sandbox.errors import Invalid
from sandbox.fhir.base.identifiers import national_types
from sandbox.model import Patient
from sandbox.store import Store

Json = dict[str, Any]


@cache
def _systems() -> Json:
    return datafiles.read_toml(datafiles.beside_code("fhir/base/national_ids.toml"))


def british() -> dict[str, str]:
    """System → type of the NHS, CHI and Health & Care numbers, which share one numbering scheme."""
    return {system: code for system, code in national_types().items() if code in _systems()["one_numbering_scheme"]}


def public_id() -> dict[str, str]:
    """The systems of the PKB Public ID, in the form of national ones; its type is empty. The first is preferred."""
    return dict.fromkeys(_systems()["public_id"], "")


def check_systems(identifiers: Iterable[Json], systems: dict[str, str]) -> None:
    """Raise Invalid for the first identifier without system or value, and for the first system that is not accepted."""
    for identifier in identifiers:
        check_complete(identifier)
    # Only then the systems, so that an incomplete identifier is reported first wherever it stands.
    for identifier in identifiers:
        if identifier["system"] not in systems:
            raise Invalid(
                f"Identifier system {identifier['system']} is not supported",
                code="not-supported",
                rule="operations.identifier-system",
                instead=" or ".join(systems),
            )


def check_complete(identifier: Json) -> None:
    """Raise Invalid for an identifier without system or value."""
    missing = [key for key in ("system", "value") if not identifier.get(key)]
    if missing:
        raise Invalid(
            f"Identifier without {' and '.join(missing)}",
            code="exception",
            rule="facade.identifier-needs-system-and-value",
            instead="an identifier with a system and a value",
        )


def find_patient(store: Store, identifier: Json, systems: dict[str, str]) -> Patient | None:
    """Return the patient with a checked identifier, or None."""
    type_ = systems[identifier["system"]]
    if not type_:
        return store.find_one(Patient, identifier["value"].lower())
    return next(iter(with_number(store, type_, identifier["value"])), None)
