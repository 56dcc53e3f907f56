"""The search parameters of each resource type, read from `capability_statements/search_parameters/`.

Those files contain the expressions of the specification, rewritten so that JSON suffices to evaluate them, one for each
data type: `Observation.value` of a quantity parameter is `Observation.valueQuantity`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sandbox.base import datafiles

Json = dict[str, Any]
ANY = "Any"
"""The target of a reference to any type."""

ID = "_id"

COMMON = "Resource"
"""The key of the parameters of every type."""


@dataclass(frozen=True, slots=True)
class Path:
    """The path of a parameter's values in a resource, and their data type."""

    expression: str
    datatype: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchParameter:
    """A search parameter: its name, its FHIR type, the paths of its values, and the components of a composite."""

    name: str
    type: str
    paths: tuple[Path, ...]
    targets: frozenset[str] = frozenset()
    components: tuple[SearchParameter, ...] = ()

    def leads_to(self, type_: str) -> bool:
        return type_ in self.targets or ANY in self.targets


@cache
def _file(release: str) -> Json:
    content: Json = datafiles.read_json(datafiles.path(f"capability_statements/search_parameters/{release}.json"))
    return content


@cache
def parameters_of(release: str, type_: str) -> Mapping[str, SearchParameter]:
    """Return the parameters of a type in a release (`stu3`, `r4`), including those of every type; name → parameter."""
    tables = _file(release)["parameters"]
    # The type's own parameter takes precedence over the common one of the same name.
    rows = {**_named_for(type_, tables[COMMON]), **tables.get(type_, {})}
    return {name: _parameter(name, row) for name, row in rows.items()}


def types(release: str) -> tuple[str, ...]:
    """Return the types that have parameters of their own."""
    return tuple(type_ for type_ in _file(release)["parameters"] if type_ != COMMON)


def unmatched_parameters(release: str) -> Mapping[str, str]:
    """Return the parameters of the specification that never match here: `Type.parameter` → the reason."""
    reasons: Mapping[str, str] = _file(release)["without"]
    return reasons


def _named_for(type_: str, rows: Json) -> Json:
    return {
        name: {**row, "paths": {path.replace(COMMON, type_, 1): kind for path, kind in row["paths"].items()}}
        for name, row in rows.items()
    }


def _parameter(name: str, row: Json) -> SearchParameter:
    paths = row["paths"] if isinstance(row["paths"], dict) else dict.fromkeys(row["paths"], "")
    return SearchParameter(
        name=name,
        type=row["type"],
        paths=tuple(Path(expression, datatype) for expression, datatype in paths.items()),
        targets=frozenset(row.get("target", ())),
        components=tuple(_parameter(part["parameter"], part) for part in row.get("component", ())),
    )
