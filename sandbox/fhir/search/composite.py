"""Composite parameters: several values in one element (https://hl7.org/fhir/R4/search.html#combining)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sandbox.fhir.search.escape import split
from sandbox.fhir.search.lookup import Equal, Lookup, Test
from sandbox.fhir.search.reading import ParameterContext


class Composed(NamedTuple):
    """The values of each component in one element."""

    parts: tuple[tuple[Any, ...], ...]

    def keys(self) -> Iterable[Hashable]:
        return [(0, key) for value in self.parts[0] for key in value.keys()]  # noqa: SIM118 - not a dict

    def sort_keys(self) -> Iterable[tuple[str, Any]]:
        return ()


@dataclass(frozen=True, slots=True)
class Together:
    """A test for each component."""

    tests: tuple[Test, ...]

    def accepts(self, value: Composed) -> bool:
        return all(
            any(test.accepts(part) for part in values) for test, values in zip(self.tests, value.parts, strict=True)
        )

    def lookups(self) -> Iterable[Lookup]:
        # The index has the keys of the first component only; `accepts` compares the rest.
        lookups = list(self.tests[0].lookups())
        return (
            [Equal((0, lookup.key)) for lookup in lookups if isinstance(lookup, Equal)]
            if all(isinstance(lookup, Equal) for lookup in lookups)
            else ()
        )

    @property
    def is_sufficient(self) -> bool:
        return False


def parse_value(reading: ParameterContext, text: str, read_part: Callable[[ParameterContext, str], Test]) -> Together:
    """Parse a value. Raises Invalid for a modifier, another number of parts, and as the components do."""
    reading.check_modifier()
    components = reading.parameter.components
    parts = split(text, "$")
    if len(parts) != len(components) or not all(parts):
        raise reading.invalid_value(text)
    return Together(
        tuple(
            read_part(replace(reading, parameter=component), part)
            for component, part in zip(components, parts, strict=True)
        )
    )
