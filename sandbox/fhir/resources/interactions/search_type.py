"""The search interaction: `GET [base]/[type]?…`, `POST [base]/[type]/_search` (https://hl7.org/fhir/STU3/http.html#search)."""

from __future__ import annotations

from sandbox.fhir.resources.repository import Repository
from sandbox.fhir.resources.request import InteractionResult, Request
from sandbox.fhir.search import search
from sandbox.fhir.search import searchset as searchset_of_stored
from sandbox.fhir.search.sorting_in import reads_other_types
from sandbox.model import ResourceVersion


def search_stored(repository: Repository, request: Request) -> InteractionResult:
    """Return 200 with a searchset, 304 if nothing that it reads has changed for the caller. Raises Invalid."""
    tag = _tag(repository, request)
    if tag in request.preconditions.none_match.versions:
        return InteractionResult(status=304, tag=tag, read=True)
    result = search(repository.view, request.type, request.query, strict=request.strict)
    now = repository.workspace.clock.now()
    bundle = searchset_of_stored(result, path=repository.mount, base=repository.base, now=now)
    return InteractionResult(status=200, bundle=bundle, tag=tag, read=True)


def _tag(repository: Repository, request: Request) -> str:
    """Return the newest version of the type; of all types, if the query reads others too."""
    if reads_other_types(request.query):
        return f"{repository.last_version}"
    newest = next(repository.store.latest(ResourceVersion, "type", (repository.name, request.type)), None)
    return "0" if newest is None else newest.rpartition("/")[2]
