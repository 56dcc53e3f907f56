"""Conditional references, `Patient?identifier=…`: each refers to the one match of its criteria.

Candidates include the new resources of the same transaction; resources that it replaces or deletes do not count
in their earlier state. Source: https://hl7.org/fhir/R4/http.html#trules
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.errors import Invalid, NotFound, PreconditionFailed, SandboxError
from sandbox.fhir.base.query_string import read_query
from sandbox.fhir.resources.query import criteria
from sandbox.fhir.resources.repository import Repository
from sandbox.fhir.search import search
from sandbox.model import Resource

RULE = "customer.conditional-reference"
AT_ONCE = "1000"
Targets = Mapping[str, str | SandboxError]
"""Conditional reference → `Type/id`, or the error."""


@dataclass(frozen=True, slots=True)
class Coming:
    """The result of a transaction: the resources that it writes, and the `Type/id` of their current versions."""

    written: Collection[Resource] = ()
    replaced: frozenset[str] = field(default_factory=frozenset)


NOTHING = Coming()


def targets(repository: Repository, references: Mapping[str, str], coming: Coming = NOTHING) -> Targets:
    """Resolve each reference, by its query, at this time."""
    return {text: _target(repository, text, query, coming) for text, query in references.items()}


def _target(repository: Repository, text: str, query: str, coming: Coming) -> str | SandboxError:
    type_, _, pairs = query.partition("?")
    try:
        if type_ not in repository.offered.types:
            raise NotFound(f"Resource type {type_} does not exist", rule="customer.unknown-type")
        names = _matches(repository, type_, criteria(read_query(pairs)), coming)
    except SandboxError as error:
        return error
    if len(names) == 1:
        return names[0]
    if names:
        return PreconditionFailed(
            f"The reference {text} matches more than one {type_}", code="multiple-matches", rule=RULE
        )
    return NotFound(f"The reference {text} matches no {type_}", rule=RULE)


def _matches(repository: Repository, type_: str, pairs: Iterable[tuple[str, Any]], coming: Coming) -> list[str]:
    """Return the `Type/id` of all matches of the criteria. Raises Invalid as a conditional request does."""
    matching = search(repository.view, type_, (*pairs, ("_count", AT_ONCE)), strict=True)
    if not matching.query.criteria:
        raise Invalid(f"A conditional reference requires criteria: {type_}?…", rule=RULE)
    names = dict.fromkeys(f"{resource.type}/{resource.logical_id}" for resource in matching.matches)
    # Resources that the transaction replaces are compared in their new state, not in their current one.
    kept = [name for name in names if name not in coming.replaced]
    for resource in coming.written:
        if resource.type == type_ and all(criterion.met_by(resource) for criterion in matching.query.criteria):
            kept.append(f"{resource.type}/{resource.logical_id}")
    return list(dict.fromkeys(kept))
