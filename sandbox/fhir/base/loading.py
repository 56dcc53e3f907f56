"""The models of resource types, loaded in a thread before the first resource of a type is checked.

That takes a few hundred milliseconds for the first type of a server, and tens for each further one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from sandbox.errors import SandboxError
from sandbox.fhir.base import releases
from sandbox.fhir.base.validation import check_structure

_loaded: set[tuple[str, str]] = set()
"""Pairs of release and type whose model is loaded."""


async def load(release: str, resources: Iterable[Any]) -> None:
    """Load the models that some resources need. Errors in the resources are left to the check that follows."""
    of_release = releases.release(release)
    first: dict[tuple[str, str], Any] = {}
    for resource in resources:
        type_ = resource.get("resourceType") if isinstance(resource, dict) else None
        if isinstance(type_, str) and (release, type_) not in _loaded and type_ in of_release.types:
            first.setdefault((release, type_), resource)
    if first:
        await asyncio.to_thread(_check_all, release, list(first.values()))
        _loaded.update(first)


def entries_of(bundle: Any) -> Iterator[Any]:
    """Iterate over the resources in the entries of a Bundle, which need not be valid."""
    entries = bundle.get("entry") if isinstance(bundle, dict) else None
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict):
            yield entry.get("resource")


def _check_all(release: str, resources: list[Any]) -> None:
    for resource in resources:
        with suppress(SandboxError):
            check_structure(release, resource)
