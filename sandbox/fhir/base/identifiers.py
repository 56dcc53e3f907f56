"""Identifier: the systems of national numbers, and their values as PKB stores them.

Source: *Identifier systems*, http://dev.patientsknowbest.com/home/fhir-api/identifier-systems
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sandbox.base import datafiles
from sandbox.domain.patients.national_ids import national_id_types, normalised, problem

Json = dict[str, Any]


@cache
def identifier_systems() -> dict[str, str]:
    """National identifier type → its system."""
    systems: dict[str, str] = datafiles.read_toml(datafiles.beside_code("fhir/base/national_ids.toml"))["systems"]
    return systems


@cache
def national_types() -> dict[str, str]:
    """System → national identifier type."""
    return {system: code for code, system in identifier_systems().items()}


def stored_value(system: str, value: str) -> str:
    """Return the value of an identifier as PKB stores it: a national number without blanks, dashes and brackets."""
    return normalised(national_types().get(system, ""), value)


def problem_of(identifier: Json) -> tuple[str, str]:
    """Explain why an Identifier is not valid, with its type; two empty texts if it is valid or not national."""
    system, value = str(identifier.get("system")), str(identifier.get("value"))
    type_ = national_types().get(system, "")
    reason = problem(type_, stored_value(system, value))
    return (f"{value} is not a valid {national_id_types()[type_].name}", reason) if reason else ("", "")


def with_stored_numbers(resource: Json) -> Json:
    """Copy a resource, with the national numbers of its own identifiers as PKB stores them."""
    identifiers = resource.get("identifier")
    if not isinstance(identifiers, list):
        return resource
    stored = [{**entry, "value": stored_value(entry["system"], entry["value"])} for entry in identifiers]
    return {**resource, "identifier": stored}
