"""`_include` and `_revinclude`: the targets of the matches' references, and the resources that refer to the matches.

https://hl7.org/fhir/R4/search.html#include
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sandbox.errors import Invalid
from sandbox.fhir.search.budget import spend
from sandbox.fhir.search.definitions import SearchParameter, parameters_of, types
from sandbox.fhir.search.reference import Ref
from sandbox.fhir.search.view import View
from sandbox.model import Resource
from sandbox.worlds.slices import Work

EVERY = "*"
Paths = tuple[tuple[str, SearchParameter], ...]


@dataclass(frozen=True, slots=True)
class Include:
    """A request to include: the parameter (`*` for all) of a type to follow, to one target type or to all."""

    source: str
    parameter: str
    target: str
    reverse: bool
    iterate: bool


def read_include(view: View, type_: str, name: str, value: str) -> Include:
    """Parse an include. Raises Invalid for a modifier other than `:iterate` (STU3: `:recurse`), an unknown type or
    parameter.
    """
    code, _, modifier = name.partition(":")
    if modifier not in ("", "iterate", "recurse"):
        raise _bad(f"{code} does not support the modifier :{modifier}")
    if value == EVERY:
        source, parameter, target = (EVERY if code == "_revinclude" else type_), EVERY, ""
    else:
        source, parameter, target = [*value.split(":"), "", ""][:3]
        if value.count(":") not in (1, 2):
            raise _bad(f"{code} must have the form Type:parameter or Type:parameter:Type")
    include = Include(source, parameter, target, code == "_revinclude", bool(modifier))
    if not any(True for _ in _reference_parameters(view, include)) and parameter != EVERY:
        raise _bad(f"{source} has no reference parameter {parameter}")
    return include


def included(view: View, matches: Iterable[Resource], includes: Iterable[Include]) -> Work[list[Resource]]:
    """Return the resources that the includes add to the matches, each once, at most as many as a search may add."""
    requested = tuple(includes)
    seen = {match.id: match for match in matches}
    start, fresh = len(seen), list(seen.values())
    paths: dict[tuple[Include, str], Paths] = {}
    first = True
    while fresh:
        following = [include for include in requested if first or include.iterate]
        reached: dict[str, Resource] = {}
        for include in following:
            for resource in fresh:
                for candidate in _included_by(view, resource, include, paths):
                    reached.setdefault(candidate.id, candidate)
                yield
        # Each resource once, which also ends cycles of `:iterate`.
        fresh = [candidate for id_, candidate in reached.items() if id_ not in seen]
        fresh = fresh[: max(view.limits.included - (len(seen) - start), 0)]
        seen |= {candidate.id: candidate for candidate in fresh}
        first = False
    return list(seen.values())[start:]


def _included_by(
    view: View, resource: Resource, include: Include, paths: dict[tuple[Include, str], Paths]
) -> Iterator[Resource]:
    """Return what an include adds to a resource; `paths` keeps the parameters of each include and type."""
    key = (include, resource.type)
    if key not in paths:
        paths[key] = tuple(
            (source, parameter)
            for source, parameter in _reference_parameters(view, include)
            if (parameter.leads_to(resource.type) if include.reverse else source == resource.type)
        )
    for source, parameter in paths[key]:
        spend(1)
        if include.reverse:
            candidates = _referring_resources(view, resource, source, parameter)
        else:
            candidates = _targets(view, resource, parameter, include.target)
        for candidate in candidates:
            spend(1)
            yield candidate


def _reference_parameters(view: View, include: Include) -> Iterator[tuple[str, SearchParameter]]:
    for source in types(view.release) if include.source == EVERY else (include.source,):
        rules = view.rules(source) or {}
        names = rules if include.parameter == EVERY else {include.parameter}.intersection(rules)
        for name in names:
            parameter = parameters_of(view.release, source).get(name)
            if parameter is not None and parameter.type == "reference":
                yield source, parameter


def _targets(view: View, resource: Resource, parameter: SearchParameter, target: str) -> Iterator[Resource]:
    for ref in resource.values.get(parameter.name, ()):
        if isinstance(ref, Ref) and ref.id and ref.base in ("", view.base) and target in ("", ref.type):
            referred = view.resource(view.key(ref.type, ref.id))
            if referred is not None:
                yield referred


def _referring_resources(view: View, resource: Resource, source: str, parameter: SearchParameter) -> Iterator[Resource]:
    wanted = Ref(resource.type, resource.logical_id)
    # Through an iterator, because a collection may give its length as a guess that is far too large to make room for.
    for key in tuple(iter(view.with_value(source, parameter.name, resource.logical_id))):
        referring = view.resource(key)
        if referring is not None and any(
            isinstance(ref, Ref) and ref[:2] == wanted[:2] and ref.base in ("", view.base)
            for ref in referring.values.get(parameter.name, ())
        ):
            yield referring


def _bad(text: str) -> Invalid:
    return Invalid(text, code="invalid", rule="search.include")
