"""The input of a value's parser: the parameter, its modifier, and the context of the query."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sandbox.errors import Invalid
from sandbox.fhir.search.definitions import SearchParameter


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterContext:
    """One parameter of a query: `base` is the endpoint's own URL, `now` the workspace's time."""

    parameter: SearchParameter
    modifier: str
    release: str
    base: str
    now: datetime

    def check_modifier(self, modifiers: Collection[str] = ()) -> None:
        """Raise Invalid for a modifier that is not one of these."""
        if self.modifier and self.modifier not in modifiers:
            raise Invalid(
                f"Parameter {self.parameter.name} does not support the modifier :{self.modifier}",
                code="not-supported",
                rule="search.modifier",
                where=self.parameter.name,
            )

    def invalid_value(self, text: str) -> Invalid:
        """Build the refusal of an invalid value."""
        return Invalid(
            f"Parameter {self.parameter.name} is not a valid {self.parameter.type}: {text[:100]}",
            code="invalid",
            rule="search.value",
            where=self.parameter.name,
        )
