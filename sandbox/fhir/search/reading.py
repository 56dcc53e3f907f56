"""What a test is read with: the parameter, its modifier, and what the query knows of the world."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sandbox.errors import Invalid
from sandbox.fhir.search.definitions import SearchParameter


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterContext:
    """One parameter of a query: `base` is the endpoint's own address, `now` the workspace's time."""

    parameter: SearchParameter
    modifier: str
    release: str
    base: str
    now: datetime

    def takes(self, modifiers: Collection[str] = ()) -> None:
        """Raises Invalid when there is a modifier, and none of these."""
        if self.modifier and self.modifier not in modifiers:
            raise Invalid(
                f"Parameter {self.parameter.name} does not support the modifier :{self.modifier}",
                code="not-supported",
                rule="search.modifier",
                where=self.parameter.name,
            )

    def bad(self, text: str) -> Invalid:
        """The error for a value that cannot be one of this parameter."""
        return Invalid(
            f"Parameter {self.parameter.name} is not a valid {self.parameter.type}: {text[:100]}",
            code="invalid",
            rule="search.value",
            where=self.parameter.name,
        )
