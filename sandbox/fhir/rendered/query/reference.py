"""Reference parameters: `Type/id`, `:Type=id`, only an id, or a URL
(https://hl7.org/fhir/STU3/search.html#reference).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sandbox.errors import Invalid
from sandbox.fhir.base.capability import SearchRule

_REFERENCE = re.compile(r"(?:(?:https?://[^?#\s]+/)?(?P<type>[A-Z][A-Za-z]*)/)?(?P<id>[A-Za-z0-9\-.]{1,64})")


@dataclass(frozen=True, slots=True)
class ReferenceCriterion:
    """The target of a reference."""

    type: str
    id: str


def parse(rule: SearchRule, modifier: str, value: str) -> ReferenceCriterion:
    """Parse a value. Raises Invalid for a modifier other than a target type, another type, or an invalid reference."""
    allowed = "[type]" in rule.modifiers
    if modifier and not (allowed and modifier in rule.targets):
        raise Invalid(
            f"Parameter {rule.name} does not support the modifier :{modifier}",
            code="invalid",
            rule="facade.search-modifier",
        )
    match = _REFERENCE.fullmatch(value)
    type_ = (match["type"] if match else None) or modifier or rule.targets[0]
    if match is None or type_ not in rule.targets or (modifier and type_ != modifier):
        expected = " or ".join(f"{target}/<id>" for target in rule.targets)
        raise Invalid(f"Parameter {rule.name} must be {expected}", code="invalid", rule="facade.search-value")
    return ReferenceCriterion(type_, match["id"])
