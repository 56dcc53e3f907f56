"""The releases of FHIR, STU3 and R4: their resource types, and their models in `fhir.resources`.

A model is loaded when a resource of its type is first used.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from typing import Any

from sandbox.base import datafiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One release. `unmodelled` types have no model: only the JSON types of their elements are known."""

    name: str
    version: str
    package: str
    types: frozenset[str]
    unmodelled: frozenset[str]

    def model(self, type_: str) -> Any | None:
        """Return the model class of a resource type, or None if there is none. Raises KeyError for an unknown type."""
        if type_ not in self.types:
            raise KeyError(type_)
        if type_ in self.unmodelled:
            return None
        return self._class(type_)

    def common_model(self) -> Any:
        return self._class("DomainResource")

    def _class(self, name: str) -> Any:
        return getattr(importlib.import_module(f"{self.package}.{name.lower()}"), name)


@cache
def release(name: str) -> Release:
    """Return the release `stu3` or `r4`."""
    row = datafiles.read_toml(datafiles.beside_code("fhir/base/releases.toml"))[name]
    lists = {key: frozenset(row.get(key, ())) for key in ("types", "unmodelled")}
    return Release(name=name, version=row["version"], package=row["package"], **lists)
