"""The search parameters of each resource type, read from `capability_statements/search_parameters/`.

An expression of the specification stands there rewritten to what `fhirpathpy` evaluates without a model, for each data
type that it can come upon: `Observation.value` of a quantity parameter is `Observation.valueQuantity`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sandbox import datafiles
from sandbox.fhir.search.paths import compiled

Json = dict[str, Any]
ANY = "Any"
"""The target of a reference that may lead to every type."""

ID = "_id"

COMMON = "Resource"
"""Under this type stand the parameters that every type has."""

_BEGINNING = re.compile(r"[A-Z][A-Za-z]*\.(?P<element>[a-z][A-Za-z]*)(?=$|[.\[])(?!.*[ |])")


@dataclass(frozen=True, slots=True)
class Path:
    """Where a parameter's values stand in a resource, and the data type that is found there."""

    expression: str
    datatype: str = ""
    element: str = ""
    """The element of the resource that the expression begins with, where it begins with one: no other is looked at."""

    def __call__(self, node: Json, resource: Json) -> list[Any]:
        """What stands there; nothing where the JSON has a shape that the expression was not written for."""
        if self.element and self.element not in node:
            return []
        try:
            results = compiled(self.expression)(node, {"resource": resource})
        except Exception:  # fhirpathpy raises bare ones
            return []
        return [getattr(result, "data", result) for result in results if result is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchParameter:
    """A search parameter: its name, its FHIR type, where its values stand, and for composites what is composed."""

    name: str
    type: str
    paths: tuple[Path, ...]
    targets: frozenset[str] = frozenset()
    components: tuple[SearchParameter, ...] = ()

    def leads_to(self, type_: str) -> bool:
        return ANY in self.targets or type_ in self.targets


@cache
def _file(release: str) -> Json:
    content: Json = datafiles.read_json(datafiles.path(f"capability_statements/search_parameters/{release}.json"))
    return content


@cache
def of(release: str, type_: str) -> Mapping[str, SearchParameter]:
    """The parameters of a type in a release (`stu3`, `r4`), those that every type has included; name → parameter."""
    tables = _file(release)["parameters"]
    rows = {**_named_for(type_, tables[COMMON]), **tables.get(type_, {})}
    return {name: _parameter(name, row) for name, row in rows.items()}


def types(release: str) -> tuple[str, ...]:
    """The types that have parameters of their own."""
    return tuple(type_ for type_ in _file(release)["parameters"] if type_ != COMMON)


def without(release: str) -> Mapping[str, str]:
    """The parameters of the specification that find nothing here: `Type.parameter` → why."""
    reasons: Mapping[str, str] = _file(release)["without"]
    return reasons


def _named_for(type_: str, rows: Json) -> Json:
    return {
        name: {**row, "paths": {path.replace(COMMON, type_, 1): kind for path, kind in row["paths"].items()}}
        for name, row in rows.items()
    }


def _element(expression: str) -> str:
    match = _BEGINNING.match(expression)
    return match["element"] if match else ""


def _parameter(name: str, row: Json) -> SearchParameter:
    paths = row["paths"] if isinstance(row["paths"], dict) else dict.fromkeys(row["paths"], "")
    return SearchParameter(
        name=name,
        type=row["type"],
        paths=tuple(Path(expression, datatype, _element(expression)) for expression, datatype in paths.items()),
        targets=frozenset(row.get("target", ())),
        components=tuple(_parameter(part["parameter"], part) for part in row.get("component", ())),
    )
