"""The history of a resource or a type, newest first (https://hl7.org/fhir/R4/http.html#history)."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import islice, takewhile

from sandbox.errors import Invalid, NotFound
from sandbox.fhir.resources.bundles import entries_of_history, history, page_of
from sandbox.fhir.resources.repository import Repository
from sandbox.fhir.resources.request import InteractionResult, Request
from sandbox.fhir.search import date
from sandbox.model import ResourceVersion


def history_instance(repository: Repository, request: Request) -> InteractionResult:
    """Return 200 with every version, including the deletion. Raises NotFound if there never was one."""
    if repository.newest(request.type, request.id) is None:
        raise NotFound(f"Resource {request.type}/{request.id} not found", rule="customer.not-found")
    key = (repository.name, request.type, request.id)
    return _history(repository, request, "resource", key, f"{request.type}/{request.id}/_history")


def history_type(repository: Repository, request: Request) -> InteractionResult:
    """Return 200 with every version of every resource of the type."""
    return _history(repository, request, "type", (repository.name, request.type), f"{request.type}/_history")


def history_system(repository: Repository, request: Request) -> InteractionResult:
    """Return 200 with every version of every resource; no statement of PKB offers it, but a custom one may."""
    return _history(repository, request, "endpoint", repository.name, "_history")


def _history(repository: Repository, request: Request, index: str, key: Hashable, address: str) -> InteractionResult:
    page, since = page_of(request.query), _since(dict(request.query))
    total = len(repository.store.ids(ResourceVersion, index, key))
    # Versions are never replaced, so the index holds them in the order in which they were made.
    newest_first = (
        repository.store.get(ResourceVersion, id_) for id_ in repository.store.latest(ResourceVersion, index, key)
    )
    if since is not None:
        # https://hl7.org/fhir/R4/http.html#history: `_since` includes versions created at that very instant.
        recent = list(takewhile(lambda version: date.nanoseconds(version.updated_at) >= since, newest_first))
        total, newest_first = len(recent), (version for version in recent)
    entries = entries_of_history(repository, islice(newest_first, page.start, page.end))
    return InteractionResult(
        status=200, bundle=history(repository, entries, total, page, f"{repository.mount}/{address}"), read=True
    )


def _since(parameters: dict[str, str]) -> int | None:
    """Return the nanosecond from which versions are requested. Raises Invalid for an invalid time, and for `_at`."""
    if "_at" in parameters:
        raise Invalid("History does not support the parameter _at", code="not-supported", rule="customer.history")
    if not parameters.get("_since"):
        return None
    try:
        # A plus sign that was not percent-encoded arrives as a space.
        return date.range_of(parameters["_since"].replace(" ", "+")).low
    except ValueError as error:
        raise Invalid(
            f"_since is not a valid instant: {parameters['_since']}", code="invalid", rule="customer.history"
        ) from error
