"""The Aggregated endpoint as a front end: read and search of aggregated resources, and two operations.

Source: *Aggregated*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/3364388935/Aggregated
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

from starlette.responses import Response

from sandbox.access.matrix import NotOffered
from sandbox.errors import MethodNotAllowed, NotFound
from sandbox.fhir.aggregated import withheld
from sandbox.fhir.aggregated.linking.numbers import as_stored, by_public_id
from sandbox.fhir.aggregated.offer import (
    base_of,
    check_offered,
    check_type,
    deleted_resource,
    mount_of,
    offered,
    unknown_resource,
)
from sandbox.fhir.aggregated.operations import ids_for_team, list_carers, send_requests, team_of_search
from sandbox.fhir.aggregated.output.reader import Reader
from sandbox.fhir.aggregated.output.view import AggregatedView
from sandbox.fhir.base.caller import identify
from sandbox.fhir.base.definitions import definition
from sandbox.fhir.base.endpoints import AGGREGATED, action_of
from sandbox.fhir.base.json import render
from sandbox.fhir.base.negotiation import response_format
from sandbox.fhir.base.outcome import error_response
from sandbox.fhir.base.preferences import is_strict
from sandbox.fhir.base.subject import subject_of
from sandbox.fhir.base.words import WORDS, operation_of
from sandbox.fhir.resources import repeated
from sandbox.fhir.resources.body import pairs as sent_pairs
from sandbox.fhir.resources.reply import shaped_aside, shaped_response
from sandbox.fhir.search import SearchMatches, search_in_slices, searchset_in_slices
from sandbox.fhir.search.query import SearchQuery
from sandbox.fhir.search.sorting_in import reads_other_types, reads_values
from sandbox.http.call import Call
from sandbox.http.front_end import FrontEnd
from sandbox.http.routes import Route
from sandbox.model import Resource
from sandbox.worlds.workspaces import Workspaces

OPEN = re.compile(r"/metadata|/OperationDefinition/[^/]+")
"""Paths without a token; a search of OperationDefinitions needs one, like any type that is not aggregated."""

RELEASE = AGGREGATED.release
SEND = "$send-questionnaire-request"
RAW = "http://aggregated-fhir:8080"
"""The prefix of `fullUrl` at PKB: an internal host that clients cannot reach (setting `raw_fullurl`)."""


def front_end(workspaces: Workspaces) -> FrontEnd:
    return FrontEnd(
        api=AGGREGATED.api,
        workspaces=workspaces,
        routes=(
            Route("GET", "/metadata", _capabilities, "capabilities"),
            Route("GET", "/OperationDefinition/{id}", _definition, "read OperationDefinition"),
            Route("GET", "/Consent/$carers", list_carers, "$carers"),
            Route(
                "POST", "/Questionnaire/{id}/$send-questionnaire-request", send_requests, "$send-questionnaire-request"
            ),
            Route("GET", "/{type}/{id}", _read, "read"),
            Route("GET", "/{type}", _search, "search-type"),
            Route("POST", "/{type}/_search", _search, "search-type"),
        ),
        identify=partial(identify, open_to_all=OPEN),
        subject_of=subject_of,
        words=WORDS,
        dialect=partial(error_response, endpoint=AGGREGATED),
        fallback=_not_offered,
        repeats=True,
    )


def _capabilities(call: Call) -> Response:
    """Return the statement, with the URL of the request. Needs no token."""
    call.rests_on("inferred")
    statement = offered().statement
    return shaped_response(
        call, RELEASE, render({**statement, "implementation": {**statement["implementation"], "url": base_of(call)}})
    )


def _definition(call: Call) -> Response:
    operation = definition(AGGREGATED.api, call.params["id"])
    if operation is None:
        raise unknown_resource("OperationDefinition", call.params["id"])
    call.rests_on("inferred")
    return shaped_response(call, RELEASE, render(operation))


async def _read(call: Call) -> Response:
    type_, id_ = call.params["type"], call.params["id"]
    # An operation, or a word that FHIR reserves, is not an unknown id.
    if id_.startswith(("$", "_")):
        return _not_offered(call)
    call.operation = operation_of(call)
    reader = Reader.admitted(call, action_of("GET", type_))
    check_offered(call, type_, "read")
    response_format(call, AGGREGATED.dialect)

    async def stored(view: AggregatedView) -> tuple[Resource | None, AggregatedView]:
        return view.resource(view.key(type_, id_)), view

    resource, view = await reader.find(stored, base=base_of(call), offered=offered().searches)
    if resource is None:
        # The reason goes into the explanation alone: the response is the same as for an unknown id.
        reason = withheld.of_read(view, f"{type_}/{id_}")
        raise deleted_resource(type_, id_) if reader.was_there(type_, id_) else unknown_resource(type_, id_, reason)
    reader.shows([resource])
    response = await shaped_aside(call, RELEASE, reader.text(resource, base_of(call)))
    return repeated.allow_repeated_read(call, response)


async def _search(call: Call) -> Response:
    """Return a searchset without resources that the caller may not see; a type that is not aggregated is empty."""
    type_ = call.params["type"]
    call.operation = operation_of(call)
    reader = Reader.admitted(call, action_of("GET", type_))
    check_offered(call, type_, "search-type")
    response_format(call, AGGREGATED.dialect)
    named_team = team_of_search(call, type_)
    raw_pairs = sent_pairs(call)
    # aggregated.not-aggregated: any other type of R4 is an empty searchset, not an error.
    if type_ in offered().types:
        pairs, strict = as_stored(type_, by_public_id(raw_pairs)), is_strict(call.headers)

        async def matches(view: AggregatedView) -> tuple[SearchMatches, AggregatedView]:
            return await search_in_slices(view, type_, pairs, strict=strict), view

        result, view = await reader.find(
            matches,
            base=base_of(call),
            offered=offered().searches,
            only=lambda: ids_for_team(reader, named_team),
            types=offered().types if reads_other_types(pairs) else (type_,),
            with_values=reads_values(pairs),
        )
        call.warn(withheld.RULE, withheld.of_search(view, result))
        # Links repeat the client's own parameters, not the stored spelling of its numbers.
        result = replace(result, pairs=raw_pairs)
        reader.shows((*result.matches, *result.included))
    else:
        result = SearchMatches(type=type_, pairs=raw_pairs, matches=(), included=(), total=0, query=SearchQuery())
    full = RAW if call.settings.raw_fullurl else base_of(call)
    bundle = await searchset_in_slices(
        result,
        path=call.base_path + mount_of(call),
        base=full,
        now=call.workspace.clock.now(),
        render=lambda resource: reader.text(resource, base_of(call)),
    )
    return repeated.allow_repeated_search(call, await shaped_aside(call, RELEASE, bundle), raw_pairs)


def _not_offered(call: Call) -> Response:
    """Refuse any other request: by the access matrix first, then with 405 or 404."""
    type_, *rest = call.path.strip("/").split("/")
    operation = next((part for part in rest if part.startswith("$")), "")
    if call.principal is not None:
        # A search stays one with a method that it does not have.
        call.authorise(action_of(call.request.method, type_, operation or ("_search" if rest == ["_search"] else "")))
    if operation:
        offered_operation = offered().operation(type_, operation)
        if offered_operation is not None:
            text = f"{operation} is called with {' or '.join(offered_operation.methods)}"
            raise MethodNotAllowed(text, offered_operation.methods, rule="aggregated.not-offered")
        raise NotFound(f"Unknown operation {operation}", code="not-supported", rule="aggregated.not-offered")
    check_type(type_)
    raise NotOffered("Aggregated supports only read and search", rule="aggregated.not-offered")
