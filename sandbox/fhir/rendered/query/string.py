"""String parameters: prefix match, regardless of case, or `:exact` (https://hl7.org/fhir/STU3/search.html#string)."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.errors import Invalid
from sandbox.fhir.base.capability import SearchRule


@dataclass(frozen=True, slots=True)
class StringCriterion:
    """A prefix, or an exact text."""

    text: str
    exact: bool = False

    def matches(self, value: str) -> bool:
        return value == self.text if self.exact else value.casefold().startswith(self.text.casefold())


def parse(rule: SearchRule, modifier: str, value: str) -> StringCriterion:
    """Parse a value. Raises Invalid for a modifier that the rule does not list."""
    if modifier and modifier not in rule.modifiers:
        raise Invalid(
            f"Parameter {rule.name} does not support the modifier :{modifier}",
            code="invalid",
            rule="facade.search-modifier",
        )
    return StringCriterion(value, exact=modifier == "exact")
