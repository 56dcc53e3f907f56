"""Parse a query string into checked criteria, as the statement's rules allow.

Source: the documentation sentences of PKB's statement; the facts `facade.search-…` state each refusal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sandbox import facts
from sandbox.base.whole_numbers import parse_digits
from sandbox.fhir.base.capability import Offered, SearchRule
from sandbox.fhir.base.query_string import NotHandled, bad_value
from sandbox.fhir.rendered.query import date, reference, string, token
from sandbox.fhir.rendered.query.controls import first_value, is_ignored, is_obeyed
from sandbox.fhir.rendered.query.date import DateCriterion
from sandbox.fhir.rendered.query.reference import ReferenceCriterion
from sandbox.fhir.rendered.query.string import StringCriterion
from sandbox.fhir.rendered.query.token import TokenCriterion

Criterion = DateCriterion | ReferenceCriterion | StringCriterion | TokenCriterion
LEAST_PER_PAGE, MOST_PER_PAGE = facts.value("facade.paging")
# https://hl7.org/fhir/STU3/search.html#escaping: a comma behind a backslash is part of the value.
_COMMA = re.compile(r"(?<!\\),")

PARSERS: dict[str, Callable[[SearchRule, str, str], Criterion]] = {
    "date": date.parse,
    "reference": reference.parse,
    "string": string.parse,
    "token": token.parse,
}
"""Type of a search parameter → its parser."""


@dataclass(frozen=True, slots=True)
class CheckedQuery:
    """A checked search: the criteria by parameter, the includes, and the number of entries of a page (None: all)."""

    criteria: Mapping[str, tuple[Criterion, ...]]
    includes: tuple[str, ...] = ()
    count: int | None = None


def check_query(pairs: Sequence[tuple[str, str]], offered: Offered) -> CheckedQuery:
    """Parse a query. Raises NotHandled for a missing or unknown parameter, Invalid for a bad value, modifier,
    prefix or repetition.
    """
    criteria_by_name: dict[str, list[Criterion]] = {}
    includes: list[str] = []
    for name, value in pairs:
        key, _, modifier = name.partition(":")
        if name == "_include" and value in offered.includes:
            includes.append(value)
        elif key in offered.search:
            rule = offered.search[key]
            _check_repeat(rule, key in criteria_by_name)
            criteria_by_name.setdefault(key, []).append(_criterion(rule, modifier, value))
        else:
            check_known(name, offered.search)
    missing = [
        r.name for r in offered.search.values() if r.optionality == "required" and r.name not in criteria_by_name
    ]
    if missing:
        raise NotHandled(
            missing[0],
            code="processing",
            rule="facade.search-required",
            instead=f"{offered.type}?{'&'.join(f'{name}=…' for name in missing)}",
        )
    criteria = {name: tuple(values) for name, values in criteria_by_name.items()}
    return CheckedQuery(criteria, tuple(includes), count_of(pairs))


def check_known(name: str, known_names: Iterable[str] = ()) -> None:
    """Raise NotHandled for a parameter without a rule, unless it shapes the response or is ignored."""
    if not (is_obeyed(name) or is_ignored(name)):
        instead = f"one of: {', '.join(known_names)}" if known_names else ""
        raise NotHandled(name, code="processing", rule="facade.search-unknown-parameter", instead=instead)


def count_of(pairs: Sequence[tuple[str, str]]) -> int | None:
    """Return the number of entries of a page: `_count`, or None. Raises Invalid."""
    text = first_value(pairs, "_count")
    if text is None:
        return None
    count = parse_digits(text, 4)
    if count is None or not LEAST_PER_PAGE <= count <= MOST_PER_PAGE:
        raise bad_value(f"_count must be a number from {LEAST_PER_PAGE} to {MOST_PER_PAGE}")
    return count


def _check_repeat(rule: SearchRule, again: bool) -> None:
    if again and not rule.repeat:
        raise bad_value(f"Parameter {rule.name} must not be repeated")


def _criterion(rule: SearchRule, modifier: str, value: str) -> Criterion:
    if _COMMA.search(value):
        raise bad_value(f"Parameter {rule.name} accepts one value, not a comma-separated list")
    if not value:
        raise bad_value(f"Parameter {rule.name} has no value")
    return PARSERS[rule.type](rule, modifier, value.replace("\\,", ","))
