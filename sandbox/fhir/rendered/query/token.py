"""Token parameters: `system|code` (https://hl7.org/fhir/STU3/search.html#token)."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.errors import Invalid
from sandbox.fhir.base.capability import SearchRule


@dataclass(frozen=True, slots=True)
class TokenCriterion:
    """A system and a code: PKB's parameters require both."""

    system: str
    code: str


def parse(rule: SearchRule, modifier: str, value: str) -> TokenCriterion:
    """Parse a value. Raises Invalid for a modifier, a value without system or code, another system or code.

    An identifier without either has its own issue code, `exception`; for categories and the like it is an invalid
    value.
    """
    if modifier:
        raise Invalid(
            f"Parameter {rule.name} does not accept a modifier", code="invalid", rule="facade.search-modifier"
        )
    system, bar, code = value.partition("|")
    if not (bar and system and code):
        text = f"Parameter {rule.name} must have a system and a value: {rule.name}=system|value"
        if rule.name == "identifier":
            raise Invalid(text, code="exception", rule="facade.identifier-needs-system-and-value")
        raise Invalid(text, code="invalid", rule="facade.search-value")
    if rule.systems and system not in rule.systems:
        raise Invalid(
            f"Parameter {rule.name} supports the systems [{', '.join(rule.systems)}], not {system}",
            code="not-supported",
            rule="facade.search-system",
        )
    if rule.codes and value not in rule.codes and code not in rule.codes:
        raise Invalid(
            f"Parameter {rule.name} supports the values [{', '.join(rule.codes)}], not {value}",
            code="invalid",
            rule="facade.search-code",
        )
    return TokenCriterion(system, code)
