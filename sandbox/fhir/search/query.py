"""Parse the pairs of a query string into criteria, sorting, includes and paging
(https://hl7.org/fhir/R4/search.html).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from sandbox import facts
from sandbox.base.whole_numbers import parse_digits
from sandbox.errors import Invalid
from sandbox.fhir.search import composite, date, number, quantity, reference, string, token, uri
from sandbox.fhir.search.chaining import Steps, chained, reverse_chained
from sandbox.fhir.search.criteria import AnyOf, Criterion, Missing, Not, OneOfIds
from sandbox.fhir.search.definitions import ID, SearchParameter, parameters_of
from sandbox.fhir.search.escape import split, unescape
from sandbox.fhir.search.include import Include, read_include
from sandbox.fhir.search.lookup import Test
from sandbox.fhir.search.reading import ParameterContext
from sandbox.fhir.search.sorting import SortKey, read_sort
from sandbox.fhir.search.view import View
from sandbox.worlds.slices import Work

Pairs = Sequence[tuple[str, str]]

DEFAULT_COUNT, MOST_PER_PAGE = facts.value("search.paging")
RESULT = frozenset({"_count", "_page", "page", "_total", "_sort", "_summary", "_include", "_revinclude"})
"""Parameters that shape the result."""

ELSEWHERE = frozenset({"_format", "_pretty", "_elements", "_timeout"})
"""Parameters of every request that do not select matches."""

REFUSED = frozenset({"_text", "_content", "_filter", "_query", "_contained", "_containedType", "_list"})
"""Parameters of the specification that this search does not support: ignoring them would return wrong matches."""

TOTALS = ("none", "estimate", "accurate")


@dataclass(slots=True)
class SearchQuery:
    """A parsed query. `ignored` are the parameters that the type does not have."""

    criteria: list[Criterion] = field(default_factory=list)
    includes: list[Include] = field(default_factory=list)
    sort: tuple[SortKey, ...] = ()
    count: int = DEFAULT_COUNT
    page: int = 1
    total: str = "accurate"
    ignored: list[str] = field(default_factory=list)


READERS: dict[str, Callable[[ParameterContext, str], Test]] = {
    "date": date.parse_value,
    "number": number.parse_value,
    "quantity": quantity.parse_value,
    "reference": reference.parse_value,
    "string": string.parse_value,
    "token": token.parse_value,
    "uri": uri.parse_value,
    "composite": lambda reading, text: composite.parse_value(reading, text, read_value),
}
"""Type of a search parameter → its parser for one value: the function `parse_value` of the module of that type."""


def read_value(reading: ParameterContext, text: str) -> Test:
    return READERS[reading.parameter.type](reading, text)


def parse_query(view: View, type_: str, pairs: Pairs, *, strict: bool = False) -> Work[SearchQuery]:
    """Parse a query, and search for what its chains refer to. Raises Invalid for a bad value or modifier, or for too
    many.

    `strict`, for conditional requests, also refuses a parameter that is unknown or has no value.
    """
    query = SearchQuery()
    most = view.limits
    if len(pairs) > most.parameters:
        raise refusal("search.too-much", f"A search accepts at most {most.parameters:,} parameters")
    # Every comma may separate two values; one that is escaped counts too.
    if sum(value.count(",") + 1 for _, value in pairs) > most.values:
        text = f"A search accepts at most {most.values:,} values, those of all lists together"
        raise Invalid(text, code="too-costly", rule="search.values")
    steps = Steps(most)
    for name, value in pairs:
        if name.partition(":")[0] in RESULT:
            _read_result_parameter(view, type_, query, name, value)
        elif name not in ELSEWHERE and value:
            yield from _add_criterion(view, type_, query, name, value, steps)
            yield
        # A condition without its value would match everything, and a conditional delete delete it.
        elif name not in ELSEWHERE and strict:
            raise refusal("search.value", f"The parameter {name} has no value")
    _check_required(view, type_, {name.partition(":")[0].partition(".")[0] for name, value in pairs if value})
    if strict and query.ignored:
        raise refusal("search.unknown-parameter", f"{type_} has no search parameter {query.ignored[0]}")
    return query


def _add_criterion(view: View, type_: str, query: SearchQuery, name: str, value: str, steps: Steps) -> Work[None]:
    condition = yield from parse_criterion(view, type_, name, value, steps)
    if condition is not None:
        query.criteria.append(condition)
    elif name.startswith("_has:") or "." in name:
        raise refusal("search.chain", f"{name} cannot be chained from {type_}")
    else:
        # FHIR allows a server to ignore unknown parameters (handling=lenient); the Bundle lists them.
        query.ignored.append(name)


def parse_criterion(view: View, type_: str, name: str, value: str, steps: Steps) -> Work[Criterion | None]:
    """Return the criterion of one parameter; None if the type does not have it. Raises Invalid."""
    code, dot, rest = name.partition(".")
    if name.startswith("_has:"):
        return (yield from reverse_chained(view, type_, name, value, steps, parse_criterion))
    plain, _, modifier = code.partition(":")
    if plain in REFUSED:
        raise refusal("search.not-supported", f"The parameter {plain} is not supported")
    parameter = offered_parameter(view, type_, plain)
    if parameter is None:
        return None
    if dot:
        return (yield from chained(view, parameter, modifier, rest, value, steps, parse_criterion))
    return _plain_criterion(view, parameter, modifier, value)


def offered_parameter(view: View, type_: str, name: str) -> SearchParameter | None:
    """Return the parameter, if the statement offers it on that type."""
    rules = view.rules(type_)
    return parameters_of(view.release, type_).get(name) if rules is not None and name in rules else None


def _plain_criterion(view: View, parameter: SearchParameter, modifier: str, value: str) -> Criterion:
    if parameter.name == ID:
        return _by_id(view, parameter, modifier, value)
    if modifier == "missing":
        return Missing(parameter.name, _truth(parameter, value))
    reading = _context_of(view, parameter, modifier)
    tests = tuple(read_value(reading, text) for text in _split_list(view, parameter, value))
    # These modifiers look at other values of an element, which are extracted under a name of their own.
    looks_at = f"{parameter.name}:{modifier}" if modifier in ("text", "of-type", "identifier") else parameter.name
    any_of = AnyOf(looks_at, tests)
    return Not(any_of) if modifier == "not" else any_of


def _split_list(view: View, parameter: SearchParameter, value: str) -> list[str]:
    """Return the values of a list, still escaped."""
    texts, most = [text for text in split(value, ",") if text], view.limits
    if not texts or len(texts) > most.list:
        raise refusal("search.value", f"Parameter {parameter.name} accepts 1 to {most.list} values")
    if any(len(text) > most.characters for text in texts):
        raise refusal("search.long-value", f"A value of {parameter.name} has more than {most.characters:,} characters")
    return texts


def _by_id(view: View, parameter: SearchParameter, modifier: str, value: str) -> Criterion:
    """`_id:missing`: no resource lacks an id."""
    if modifier == "missing":
        none = OneOfIds(frozenset())
        return none if _truth(parameter, value) else Not(none)
    _context_of(view, parameter, modifier).check_modifier(("not",))
    by_id = OneOfIds(frozenset(unescape(text) for text in _split_list(view, parameter, value)))
    return Not(by_id) if modifier == "not" else by_id


def _truth(parameter: SearchParameter, value: str) -> bool:
    if value not in ("true", "false"):
        raise refusal("search.value", f"Parameter {parameter.name}:missing must be true or false")
    return value == "true"


def _context_of(view: View, parameter: SearchParameter, modifier: str) -> ParameterContext:
    return ParameterContext(parameter=parameter, modifier=modifier, release=view.release, base=view.base, now=view.now)


def _check_required(view: View, type_: str, names: set[str]) -> None:
    rules = view.rules(type_) or {}
    missing = [rule.name for rule in rules.values() if rule.optionality == "required" and rule.name not in names]
    if missing:
        raise refusal("search.required", f"A search of {type_} requires the parameter {missing[0]}")


def _read_result_parameter(view: View, type_: str, query: SearchQuery, name: str, value: str) -> None:
    code = name.partition(":")[0]
    if code in ("_include", "_revinclude"):
        query.includes.append(read_include(view, type_, name, value))
    elif code == "_sort":
        query.sort = read_sort(view, type_, value)
    elif code == "_count":
        # https://hl7.org/fhir/R4/search.html#count: a server may return fewer, so a larger number is not refused.
        query.count = min(_whole(name, value, 0), MOST_PER_PAGE)
    elif code in ("page", "_page"):
        query.page = _whole(name, value, 1)
    elif code == "_total":
        query.total = _one_of(name, value, TOTALS)
    # `_summary=count` returns the total without entries, as `_count=0` does.
    elif value == "count":
        query.count = 0


def _whole(name: str, value: str, least: int) -> int:
    number = parse_digits(value)
    if number is None or number < least:
        raise refusal("search.value", f"{name} must be a whole number from {least}")
    return number


def _one_of(name: str, value: str, allowed: Iterable[str]) -> str:
    if value not in allowed:
        raise refusal("search.value", f"{name} must be one of {', '.join(allowed)}")
    return value


def refusal(rule: str, text: str) -> Invalid:
    return Invalid(text, code="not-supported" if rule == "search.not-supported" else "invalid", rule=rule)
