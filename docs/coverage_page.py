"""The table of coverage: each operation of each API, from the data files and tables that the server goes by."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.access.matrix import TYPES, matrix
from sandbox.fhir.base import capability
from sandbox.hl7.messages import MESSAGES
from sandbox.hl7.profiles import profiles
from sandbox.rest.catalogue import operations
from sandbox.rest.services import SERVICES

NAMES = {"hl7": "HL7 v2", "rest": "Custom REST"}
MOST_NAMED = 20
"""A statement with more types than these has them named where they are few."""
Row = tuple[str, str, str, str, bool]
"""API, operation, action, standing, and whether it is built."""


def coverage() -> Iterator[str]:
    yield "| API | operation | action | Customer | Partner | App | standing of the operation | built |"
    yield "|---|---|---|---|---|---|---|---|"
    for api, operation, action, standing, built in [
        *_hl7(),
        *_fhir("facade"),
        *_fhir("messaging"),
        *_fhir("customer_stu3"),
        *_fhir("customer_r4"),
        *_fhir("aggregated"),
        *_rest(),
    ]:
        cells = " | ".join(_decision(type_, api.partition("_")[0], action) for type_ in TYPES)
        yield f"| {_name(api)} | {operation} | {action} | {cells} | {standing} | {'yes' if built else 'no'} |"


def _name(api: str) -> str:
    name, _, release = api.partition("_")
    return NAMES.get(name, " ".join(filter(None, (name.capitalize(), "FHIR", release.upper()))))


def _decision(type_: str, api: str, action: str) -> str:
    if action == "none":
        return "open"
    cell = matrix()[f"{type_}.{api}.{action}"]
    return f"{cell.credential or cell.decision} ({cell.standing})"


def _hl7() -> Iterator[Row]:
    for profile in profiles().values():
        yield "hl7", profile.name, profile.action, profile.standing, profile.name in MESSAGES


def _fhir(name: str) -> Iterator[Row]:
    """What a statement offers; types that have an interaction in the same way share a row."""
    offered = capability.load(name)
    ways: dict[tuple[str, str, str, bool], list[str]] = {}
    for type_ in offered.types.values():
        for interaction in type_.interactions.values():
            way = (interaction.code, interaction.action, interaction.standing, interaction.built)
            ways.setdefault(way, []).append(type_.type)
    for (code, *way), types in ways.items():
        yield name, f"{_types(types, len(offered.types))} {code}", *way
    for interaction in offered.system.values():
        yield name, interaction.code, interaction.action, interaction.standing, interaction.built
    for operation in offered.operations:
        called = f"{operation.resource}/${operation.name}"
        yield name, called, operation.action, operation.standing, operation.built


def _types(types: list[str], count: int) -> str:
    if len(types) == count:
        return "every type"
    return "every other type" if len(types) > count / 2 and count > MOST_NAMED else ", ".join(types)


def _rest() -> Iterator[Row]:
    for operation in operations():
        called = f"{operation.method} {operation.path}"
        yield "rest", called, operation.action, operation.standing, operation.id in SERVICES
