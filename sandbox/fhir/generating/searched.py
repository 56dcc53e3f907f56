"""Which elements search parameters find resources by: those are always made."""

from __future__ import annotations

from functools import cache

from sandbox import datafiles


@cache
def searched(release: str) -> dict[str, tuple[str, ...]]:
    """Path of each element that is searched → the types it is searched in, as they end the names of a choice.

    Each path comes with the paths above it: `Patient.contact` with `Patient.contact.name`.
    """
    paths: dict[str, list[str]] = datafiles.read_json(datafiles.beside_code("fhir/generating/searched.json"))[release]
    return {path: tuple(types) for path, types in paths.items()}
