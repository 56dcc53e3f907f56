"""The search interaction: `GET [base]/[type]?…`, `POST [base]/[type]/_search` (https://hl7.org/fhir/STU3/http.html#search)."""

from __future__ import annotations

from sandbox.fhir.resources.repository import Repository
from sandbox.fhir.resources.request import InteractionResult, Request
from sandbox.fhir.search.budget import budget
from sandbox.fhir.search.search import search_in_steps
from sandbox.fhir.search.searchset import searchset_in_steps, stored_text
from sandbox.fhir.search.sorting_in import reads_other_types
from sandbox.model import ResourceVersion
from sandbox.worlds.slices import Slices, Work, at_once


def search_stored(repository: Repository, request: Request) -> InteractionResult:
    """Return 200 with a searchset, 304 if nothing that it reads has changed for the caller. Raises Invalid."""
    with budget(repository.view.limits.steps):
        return at_once(_in_steps(repository, request))


async def search_stored_in_slices(repository: Repository, request: Request) -> InteractionResult:
    """Do the same in slices, between which others may write."""
    with budget(repository.view.limits.steps):
        return await Slices().complete(_in_steps(repository, request))


def _in_steps(repository: Repository, request: Request) -> Work[InteractionResult]:
    # Read before the search: with a newer tag, a client would assume that it has resources written meanwhile.
    tag = _tag(repository, request)
    if tag in request.preconditions.none_match.versions:
        return InteractionResult(status=304, tag=tag)
    result = yield from search_in_steps(repository.view, request.type, request.query, strict=request.strict)
    now = repository.workspace.clock.now()
    bundle = yield from searchset_in_steps(result, repository.mount, repository.base, now, stored_text)
    return InteractionResult(status=200, bundle=bundle, tag=tag, read=True)


def _tag(repository: Repository, request: Request) -> str:
    """Return the newest version of the type; of all types, if the query reads others too."""
    if reads_other_types(request.query):
        return f"{repository.last_version}"
    newest = next(repository.store.latest(ResourceVersion, "type", (repository.name, request.type)), None)
    return "0" if newest is None else newest.rpartition("/")[2]
