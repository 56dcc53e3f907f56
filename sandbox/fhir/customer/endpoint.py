"""The Customer endpoints as a front end: the interaction of each path, and its execution.

The statement of the endpoint's release decides what is offered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice
from typing import Any

from starlette.responses import Response

from sandbox.access.principal import Principal
from sandbox.errors import MethodNotAllowed, NotFound, SandboxError, TooLarge
from sandbox.fhir.base import caller
from sandbox.fhir.base.endpoints import CUSTOMER, FhirEndpoint
from sandbox.fhir.base.given_statements import GivenStatement
from sandbox.fhir.base.json import render
from sandbox.fhir.base.loading import entries_of, load
from sandbox.fhir.base.outcome import RefusedTransaction, error_response
from sandbox.fhir.base.preconditions import from_headers
from sandbox.fhir.base.preferences import is_strict, preferred_return
from sandbox.fhir.base.subject import subject_of
from sandbox.fhir.base.validation import InvalidResource
from sandbox.fhir.base.words import WORDS, operation_of
from sandbox.fhir.customer import access
from sandbox.fhir.customer.admission import BUNDLE, admitted, admitted_to, allowed, offered
from sandbox.fhir.resources import binaries, body, bundles, repeated
from sandbox.fhir.resources.entries import kind_of
from sandbox.fhir.resources.interactions.transaction_plan import Failed
from sandbox.fhir.resources.query import criteria, if_none_exist
from sandbox.fhir.resources.reply import (
    build_response,
    check_answerable,
    is_rewritten,
    shaped_response,
    text_of,
    weight,
)
from sandbox.fhir.resources.repository import OnChange, Repository, WhySkipped
from sandbox.fhir.resources.request import InteractionResult, Request
from sandbox.fhir.resources.transaction import batch, carry_out_in_slices, transaction
from sandbox.fhir.search.budget import budget
from sandbox.fhir.search.sorting_in import sort_in, sort_in_types
from sandbox.http.call import Call
from sandbox.http.front_end import FrontEnd
from sandbox.http.routes import Handler, Route
from sandbox.worlds.slices import LARGE
from sandbox.worlds.workspaces import Workspaces

ROOT = "/{endpoint}/fhir"
# The first match wins: `_history` and `_search` come before ids, as which they could be read.
ADDRESSES = (
    ("GET", "/_history", "history-system"),
    ("GET", "/{type}/_history", "history-type"),
    ("GET", "/{type}/{id}/_history", "history-instance"),
    ("GET", "/{type}/{id}/_history/{version}", "vread"),
    ("POST", "/{type}/_search", "search-type"),
    ("GET", "/{type}/{id}", "read"),
    ("PUT", "/{type}/{id}", "update"),
    ("PATCH", "/{type}/{id}", "patch"),
    ("DELETE", "/{type}/{id}", "delete"),
    ("GET", "/{type}", "search-type"),
    ("POST", "/{type}", "create"),
    # Without an id they are conditional: the query selects the resource.
    ("PUT", "/{type}", "update"),
    ("DELETE", "/{type}", "delete"),
)
"""Method and path → FHIR's code of the interaction."""

MOST_WARNED = 100
"""Maximum number of entries of a Bundle that are checked for warnings."""

Admit = Callable[[Call, str], Repository]
"""Admits a caller to an interaction, by its code."""
ReleaseOf = Callable[[Call], str]
"""Returns the release of a path."""

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
METADATA = re.compile(r"(?:/[^/]+/fhir)?/metadata")


def front_end(workspaces: Workspaces, on_change: tuple[OnChange, ...], why_skipped: WhySkipped) -> FrontEnd:
    """All Customer endpoints. `on_change` is called with every change of a resource, in its transaction;
    `why_skipped` explains why Aggregated does not have one.
    """
    admit = partial(admitted, on_change=on_change, why_skipped=why_skipped)
    return _front_end(workspaces, CUSTOMER.api, ROOT, _capabilities, admit, _requested_release)


def given_front_end(workspaces: Workspaces, endpoint: FhirEndpoint, given_statement: GivenStatement) -> FrontEnd:
    """Return an endpoint with a path of its own, for a custom statement."""
    capabilities = partial(_given_capabilities, given_statement=given_statement, mount=endpoint.prefix)
    admit = partial(admitted_to, given_statement=given_statement, mount=endpoint.prefix)
    return _front_end(workspaces, endpoint.api, "", capabilities, admit, lambda call: given_statement.release)


def _front_end(
    workspaces: Workspaces, api: str, root: str, capabilities: Handler, admit: Admit, release_of: ReleaseOf
) -> FrontEnd:
    routes = [Route("GET", f"{root}/metadata", capabilities, "capabilities")]
    for address in ("/", ""):
        routes.append(Route("POST", root + address, partial(_bundle, admit=admit), "transaction"))
    for method, address, code in ADDRESSES:
        routes.append(Route(method, root + address, partial(_run, code=code, admit=admit), code))
    for address in ("/{type}/{rest:path}", "/{type}", "/", ""):
        routes.append(Route(METHODS, root + address, partial(_not_offered, admit=admit)))
    return FrontEnd(
        api=api,
        workspaces=workspaces,
        routes=tuple(routes),
        identify=_identify,
        subject_of=subject_of,
        words=WORDS,
        dialect=lambda call, error: error_response(call, error, CUSTOMER, release_of(call)),
        fallback=_no_route,
        repeats=True,
    )


def _requested_release(call: Call) -> str:
    """Return the release of the requested endpoint, also for an invalid request."""
    ownership = access.find_endpoint(call.workspace, call.params.get("endpoint", ""))
    return ownership[1].release if ownership else CUSTOMER.release


def _identify(call: Call) -> Principal | None:
    """Return the caller. OperationDefinition is a type like any other here: reading it needs a token."""
    return caller.identify(call, open_to_all=METADATA)


def _capabilities(call: Call) -> Response:
    """Return the statement, with the URL of the request. Needs no token: it is that of the default world's endpoint."""
    name = call.params["endpoint"]
    ownership = access.find_endpoint(call.workspace, name)
    if ownership is None:
        raise NotFound(f"No endpoint {name}", rule="customer.unknown-endpoint")
    call.rests_on("inferred")
    statement = offered(call.workspace, ownership[1]).statement
    return _statement(call, ownership[1].release, statement, access.mount(call, name))


def _given_capabilities(call: Call, given_statement: GivenStatement, mount: str) -> Response:
    call.rests_on("choice")
    return _statement(call, given_statement.release, given_statement.capabilities.statement, mount)


def _statement(call: Call, release: str, statement: dict[str, Any], mount: str) -> Response:
    implementation = {**statement["implementation"], "url": call.base_url + mount}
    return shaped_response(call, release, render({**statement, "implementation": implementation}))


async def _run(call: Call, code: str, admit: Admit) -> Response:
    # An operation, or a word that FHIR reserves, is not an unknown id.
    if call.params.get("id", "").startswith(("$", "_")):
        return _not_offered(call, admit)
    call.operation = operation_of(call)
    repository = admit(call, code)
    # A Binary can be returned in its own media type, so Accept need not allow FHIR's.
    if not (call.params.get("type") == binaries.TYPE and code in ("read", "vread")):
        check_answerable(call, repository.release, call.params.get("type", ""))
    request = await _request(call, repository, code)
    if code == "search-type" or request.criteria:
        await sort_in(repository.view, request.type, (*request.query, *request.criteria))
    answer = await carry_out_in_slices(repository, code, request)
    warn(call, repository, [answer])
    size = weight(call, text_of(answer))
    response = await body.in_thread_if_large(size, lambda: build_response(call, repository, answer))
    if code == "search-type":
        return repeated.allow_repeated_search(call, response, request.query)
    return repeated.allow_repeated_read(call, response) if code == "read" else response


async def _request(call: Call, repository: Repository, code: str) -> Request:
    headers, type_, id_ = call.headers, call.params.get("type", ""), call.params.get("id", "")
    pairs = body.pairs(call)
    condition = if_none_exist(headers.get("if-none-exist"), type_) if code == "create" else ()
    return Request(
        method=call.request.method,
        type=type_,
        id=id_,
        version=call.params.get("version", ""),
        query=pairs,
        criteria=(*criteria(pairs), *condition),
        preconditions=from_headers(headers),
        draft=await body.draft(call, repository, type_, id_) if code in ("create", "update") else None,
        patch=await body.patch(call, repository.release, type_) if code == "patch" else None,
        strict=is_strict(headers),
        remove_all=headers.get("x-conditional-delete", "").strip().lower() == "remove-all",
    )


async def _bundle(call: Call, admit: Admit) -> Response:
    repository = admit(call, BUNDLE)
    check_answerable(call, repository.release)
    bundle = await body.resource(call, repository.release)
    kind = kind_of(bundle)
    call.operation = "transaction" if kind == "transaction" else "batch"
    if call.operation not in repository.offered.system:
        raise MethodNotAllowed(f"{kind} is not offered", allowed(repository.offered, ""), rule="customer.not-offered")
    call.rests_on(repository.offered.system[call.operation].standing)
    _check_size(bundle, call.settings.max_bundle_entries)
    await load(repository.release, entries_of(bundle))
    # Queries of entries, of conditional requests and of conditional references all contain a question mark.
    if b"?" in call.body or b"ifNoneExist" in call.body:
        await sort_in_types(repository.view, repository.offered.types)
    with budget(call.settings.max_search_steps):
        if kind == "transaction":
            answers: list[InteractionResult | SandboxError] = [*await _transaction(repository, bundle, len(call.body))]
        else:
            answers = await batch(repository, kind, bundle, len(call.body))
    warn(call, repository, [answer for answer in answers if isinstance(answer, InteractionResult)])
    with_resources = preferred_return(call.headers) == "representation"
    size = len(call.body) + sum(len(answer.bundle) for answer in answers if isinstance(answer, InteractionResult))
    return await body.in_thread_if_large(
        LARGE if is_rewritten(call) else size,
        lambda: shaped_response(
            call, repository.release, bundles.render_response(repository, call.operation, answers, with_resources)
        ),
    )


def _check_size(bundle: dict[str, Any], most: int) -> None:
    if len(bundle.get("entry", ())) > most:
        raise TooLarge(f"A Bundle has at most {most:,} entries", rule="customer.bundle-entries")


def warn(call: Call, repository: Repository, answers: Iterable[InteractionResult]) -> None:
    """Add PKB's requirements that the written resources do not meet to the explanation of the exchange."""
    for answer in islice(answers, MOST_WARNED):
        texts = [str(warning) for warning in answer.warnings]
        for written in answer.changed:
            skipped = (
                repository.why_skipped(repository.store, written, repository.release) if not written.deleted else ""
            )
            texts += [f"{written.type}/{written.logical_id} is not in Aggregated: {skipped}"] if skipped else []
        if texts:
            call.warn("customer.requirements", texts)


async def _transaction(repository: Repository, bundle: dict[str, Any], size: int) -> list[InteractionResult]:
    """Raise RefusedTransaction with the errors and their entries."""
    try:
        return await transaction(repository, bundle, size)
    except Failed as failed:
        raise RefusedTransaction([_located(number, error) for number, error in failed.errors.items()]) from failed


def _located(number: int, error: SandboxError) -> SandboxError:
    """Return an entry's error with the place of the entry."""
    where = f"Bundle.entry[{number}]"
    if isinstance(error, InvalidResource):
        return error.inside(f"{where}.resource")
    error.where = error.where or where
    return error


def _not_offered(call: Call, admit: Admit) -> Response:
    repository = admit(call, "")
    raise MethodNotAllowed(
        f"{call.request.method} is not offered at {call.request.url.path}",
        allowed(repository.offered, call.params.get("type", "")),
        rule="customer.not-offered",
    )


def _no_route(call: Call) -> Response:
    if call.principal is not None:
        call.authorise("read_clinical")
    raise NotFound(f"No route matches {call.request.url.path}", rule="customer.unknown-endpoint")
