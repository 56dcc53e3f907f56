"""The searchable values of a resource: those of every search parameter of its type, extracted when it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from sys import intern
from typing import Any

from sandbox.fhir.search.columns import Column, beginning, column, combined
from sandbox.fhir.search.definitions import ID, Path, SearchParameter, parameters_of
from sandbox.fhir.search.extracted import ExtractedValues, merged
from sandbox.model.resource import SearchValue

Json = dict[str, Any]
Names = Mapping[str, str]
"""Suffix → the name of a parameter with it."""

SUFFIXES = ("", ":text", ":of-type", ":identifier")


def values_of(release: str, resource: Json) -> Mapping[str, tuple[SearchValue, ...]]:
    """Return parameter → its values; those for modifiers are under `parameter:modifier`.

    `_id` has none: the store finds a resource by its id.
    """
    return _compiled_type(release, resource["resourceType"]).values(resource)


@cache
def _compiled_type(release: str, type_: str) -> CompiledType:
    compiled = CompiledType(release, type_)
    for parameter in parameters_of(release, type_).values():
        if parameter.name != ID:
            compiled.add(parameter)
    return compiled


@dataclass(slots=True)
class CompiledType:
    """The search parameters of one type as numbered columns.

    `by_element` are the columns of a resource that has an element; those of any resource are under an empty name.
    `wholes` are the columns that combine others of the resource, under each column of the last component. `alone` are
    the names of the parameters that have one column, `several` those of all others, under each of their columns.
    """

    release: str
    type: str
    numbers: dict[Any, int] = field(default_factory=dict)
    by_element: dict[str, list[tuple[int, Column]]] = field(default_factory=dict)
    wholes: dict[int, list[tuple[int, list[list[int]]]]] = field(default_factory=dict)
    alone: dict[int, list[Names]] = field(default_factory=dict)
    several: dict[int, list[tuple[Names, list[int]]]] = field(default_factory=dict)

    def add(self, parameter: SearchParameter) -> None:
        """Compile a parameter."""
        # Interned, because the values of every resource have these names as keys.
        names = {suffix: intern(parameter.name + suffix) for suffix in SUFFIXES}
        numbers = [self._number(parameter, path) for path in parameter.paths]
        for number in numbers:
            if len(numbers) == 1:
                self.alone.setdefault(number, []).append(names)
            else:
                self.several.setdefault(number, []).append((names, numbers))

    def values(self, resource: Json) -> Mapping[str, tuple[SearchValue, ...]]:
        """Return the values of a resource by the name of the parameter."""
        computed = self._computed(resource)
        values_by_name: dict[str, tuple[SearchValue, ...]] = {}
        for number, values in computed.items():
            for names in self.alone.get(number, ()):
                for suffix in values:
                    values_by_name[names[suffix]] = values[suffix]
            for names, numbers in self.several.get(number, ()):
                parts = [computed[part] for part in numbers if part in computed]
                for suffix, extracted in merged(parts).items():
                    values_by_name[names[suffix]] = extracted
        return values_by_name

    def _computed(self, resource: Json) -> dict[int, ExtractedValues]:
        """Return the columns with values, each computed once."""
        computed: dict[int, ExtractedValues] = {}
        for element in ("", *resource):
            for number, values_at in self.by_element.get(element, ()):
                # The ids and extensions of a primitive (`_name`) have the same columns as the primitive.
                if number not in computed and (values := values_at(resource, resource)):
                    computed[number] = values
        for last in self.wholes.keys() & computed.keys() if self.wholes else ():
            for number, components in self.wholes[last]:
                parts = [[computed[part] for part in numbers if part in computed] for numbers in components]
                if all(parts) and (values := combined(parts)):
                    computed[number] = values
        return computed

    def _number(self, parameter: SearchParameter, path: Path) -> int:
        """Return the number of a path's column: that of another parameter if that reads the same path alike."""
        key = (parameter.type, parameter.targets, parameter.components, path)
        if key in self.numbers:
            return self.numbers[key]
        is_whole = parameter.type == "composite" and path.expression == self.type
        components = self._components(parameter) if is_whole else []
        number = self.numbers[key] = len(self.numbers)
        if is_whole:
            for last in components[-1]:
                self.wholes.setdefault(last, []).append((number, components))
        else:
            element = beginning(path.expression)
            for name in (element, f"_{element}") if element else ("",):
                self.by_element.setdefault(name, []).append((number, column(parameter, path, self.release)))
        return number

    def _components(self, parameter: SearchParameter) -> list[list[int]]:
        """Return the columns of the components of the whole resource: their paths are paths of the resource."""
        return [
            [self._number(part, replace(path, expression=f"{self.type}.{path.expression}")) for path in part.paths]
            for part in parameter.components
        ]
