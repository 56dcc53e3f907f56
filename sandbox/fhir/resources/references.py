"""What the strict settings refuse of written resources: references to resources that the endpoint does not contain, and
identifiers without a system.

Source: https://docs.aidbox.app/profiling-and-validation/profiling ; whether PKB has it on is not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sandbox.fhir.base.json import parse
from sandbox.fhir.base.validation import InvalidResource, Issue
from sandbox.fhir.resources.repository import Repository
from sandbox.fhir.resources.requirements import incomplete_identifiers, objects
from sandbox.model import Resource

_LITERAL = re.compile(r"(?P<type>[A-Z][A-Za-z]*)/(?P<id>[A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?")


def check_written(repository: Repository, written: Iterable[Resource]) -> None:
    """Raise InvalidResource for what the strict settings refuse of written resources. By default all are accepted."""
    check_references(repository, written)
    if repository.workspace.settings.strict:
        for resource in written:
            issues = () if resource.deleted else tuple(_without_system(resource))
            if issues:
                raise InvalidResource(issues, "strict.identifier-system")


def _without_system(resource: Resource) -> Iterable[Issue]:
    for where, text in incomplete_identifiers(parse(resource.text.encode())):
        yield Issue(where, text)


def check_references(repository: Repository, written: Iterable[Resource]) -> None:
    """Raise InvalidResource for a written reference without a target. By default all are accepted."""
    if not repository.workspace.settings.strict_references:
        return
    for resource in written:
        missing = tuple(_missing(repository, resource)) if not resource.deleted else ()
        if missing:
            raise InvalidResource(missing, "customer.strict-references")


def _missing(repository: Repository, resource: Resource) -> Iterable[Issue]:
    for where, _, element in objects(parse(resource.text.encode()), resource.type):
        literal = element.get("reference")
        match = _LITERAL.fullmatch(literal.removeprefix(f"{repository.base}/")) if isinstance(literal, str) else None
        if match is not None:
            target = repository.newest(match["type"], match["id"])
            if target is None or target.deleted:
                name = f"{match['type']}/{match['id']}"
                yield Issue(where, f"Referenced resource {name} does not exist")
