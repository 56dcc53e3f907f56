"""The Aggregated endpoint as a front end: read and search of aggregated resources, and two operations.

Source: *Aggregated*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/3364388935/Aggregated
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from functools import cache, partial
from typing import Any, TypeVar

from starlette.responses import Response

from sandbox.access import team
from sandbox.access.matrix import NotOffered
from sandbox.base.ids import aggregated_id
from sandbox.domain import questionnaires
from sandbox.domain.questionnaires import Asking
from sandbox.errors import Forbidden, Gone, MethodNotAllowed, NotFound
from sandbox.fhir.aggregated import withheld
from sandbox.fhir.aggregated.linking.identity import PKB
from sandbox.fhir.aggregated.linking.numbers import as_stored, by_public_id
from sandbox.fhir.aggregated.output import carers, questionnaire_requests
from sandbox.fhir.aggregated.output.reader import Reader
from sandbox.fhir.aggregated.output.view import AggregatedView
from sandbox.fhir.base import capability
from sandbox.fhir.base.caller import identify
from sandbox.fhir.base.capability import Capabilities
from sandbox.fhir.base.definitions import definition
from sandbox.fhir.base.endpoints import AGGREGATED, action_of
from sandbox.fhir.base.json import render
from sandbox.fhir.base.negotiation import response_format
from sandbox.fhir.base.outcome import error_response
from sandbox.fhir.base.preferences import is_strict
from sandbox.fhir.base.releases import release
from sandbox.fhir.base.subject import subject_of
from sandbox.fhir.base.team import check_team
from sandbox.fhir.base.words import WORDS, operation_of
from sandbox.fhir.resources import repeated
from sandbox.fhir.resources.body import pairs as sent_pairs
from sandbox.fhir.resources.reply import shaped_aside, shaped_response
from sandbox.fhir.search import SearchMatches, search_in_slices, searchset_in_slices
from sandbox.fhir.search.query import SearchQuery
from sandbox.fhir.search.sorting_in import reads_other_types
from sandbox.http.call import Call
from sandbox.http.front_end import FrontEnd
from sandbox.http.routes import Route
from sandbox.model import Organisation, Questionnaire, Resource, Team, Upstream
from sandbox.worlds.workspaces import Workspaces

OPEN = re.compile(r"/metadata|/OperationDefinition/[^/]+")
"""Paths without a token; a search of OperationDefinitions needs one, like any type that is not aggregated."""

RELEASE = AGGREGATED.release
T = TypeVar("T")
RAW = "http://aggregated-fhir:8080"
"""The prefix of `fullUrl` at PKB: an internal host that clients cannot reach (setting `raw_fullurl`)."""


@cache
def offered() -> Capabilities:
    return capability.load(AGGREGATED.statement)


def front_end(workspaces: Workspaces) -> FrontEnd:
    return FrontEnd(
        api=AGGREGATED.api,
        workspaces=workspaces,
        routes=(
            Route("GET", "/metadata", _capabilities, "capabilities"),
            Route("GET", "/OperationDefinition/{id}", _definition, "read OperationDefinition"),
            Route("GET", "/Consent/$carers", _carers, "$carers"),
            Route("POST", "/Questionnaire/{id}/$send-questionnaire-request", _send, "$send-questionnaire-request"),
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
        call, RELEASE, render({**statement, "implementation": {**statement["implementation"], "url": _base(call)}})
    )


def _definition(call: Call) -> Response:
    operation = definition(AGGREGATED.api, call.params["id"])
    if operation is None:
        raise _unknown("OperationDefinition", call.params["id"])
    call.rests_on("inferred")
    return shaped_response(call, RELEASE, render(operation))


async def _read(call: Call) -> Response:
    type_, id_ = call.params["type"], call.params["id"]
    # An operation, or a word that FHIR reserves, is not an unknown id.
    if id_.startswith(("$", "_")):
        return _not_offered(call)
    call.operation = operation_of(call)
    reader = Reader.admitted(call, action_of("GET", type_))
    _check_offered(call, type_, "read")
    response_format(call, AGGREGATED.dialect)

    async def stored(view: AggregatedView) -> tuple[Resource | None, AggregatedView]:
        return view.resource(view.key(type_, id_)), view

    resource, view = await _find(reader, stored)
    if resource is None:
        # The reason goes into the explanation alone: the response is the same as for an unknown id.
        reason = withheld.of_read(view, f"{type_}/{id_}")
        raise _gone(type_, id_) if reader.was_there(type_, id_) else _unknown(type_, id_, reason)
    reader.shows([resource])
    response = await shaped_aside(call, RELEASE, reader.text(resource, _base(call)))
    return repeated.allow_repeated_read(call, response)


async def _search(call: Call) -> Response:
    """Return a searchset without resources that the caller may not see; a type that is not aggregated is empty."""
    type_ = call.params["type"]
    call.operation = operation_of(call)
    reader = Reader.admitted(call, action_of("GET", type_))
    _check_offered(call, type_, "search-type")
    response_format(call, AGGREGATED.dialect)
    check_team(call)
    raw_pairs = sent_pairs(call)
    # aggregated.not-aggregated: any other type of R4 is an empty searchset, not an error.
    if type_ in offered().types:
        pairs, strict = as_stored(type_, by_public_id(raw_pairs)), is_strict(call.headers)

        async def matches(view: AggregatedView) -> tuple[SearchMatches, AggregatedView]:
            return await search_in_slices(view, type_, pairs, strict=strict), view

        result, view = await _find(
            reader,
            matches,
            lambda: _ids_for_team(call, reader, type_),
            offered().types if reads_other_types(pairs) else (type_,),
        )
        call.warn(withheld.RULE, withheld.of_search(view, result))
        # Links repeat the client's own parameters, not the stored spelling of its numbers.
        result = replace(result, pairs=raw_pairs)
        reader.shows((*result.matches, *result.included))
    else:
        result = SearchMatches(type=type_, pairs=raw_pairs, matches=(), included=(), total=0, query=SearchQuery())
    full = RAW if call.settings.raw_fullurl else _base(call)
    bundle = await searchset_in_slices(
        result,
        path=call.base_path + _mount(call),
        base=full,
        now=call.workspace.clock.now(),
        render=lambda resource: reader.text(resource, _base(call)),
    )
    return repeated.allow_repeated_search(call, await shaped_aside(call, RELEASE, bundle), raw_pairs)


async def _find(
    reader: Reader,
    question: Callable[[AggregatedView], Awaitable[T]],
    only: Callable[[], list[str] | None] = lambda: None,
    types: Iterable[str] = (),
) -> T:
    return await reader.find(question, base=_base(reader.call), offered=offered().searches, only=only, types=types)


def _ids_for_team(call: Call, reader: Reader, type_: str) -> list[str] | None:
    """Return the questionnaires that a team may use, for a search of questionnaires with the header."""
    header = call.request.headers.get(team.HEADER)
    if type_ != "Questionnaire" or header is None or call.principal is None:
        return None
    named = team.team_of_header(call.principal, header)
    published = reader.store.find(Questionnaire, "organisation", named.organisation)
    rows = [
        reader.store.find_one(Upstream, f"{PKB}/Questionnaire/{questionnaire.id}")
        for questionnaire in published
        if _is_usable_by(questionnaire, named)
    ]
    return [row.target for row in rows if row is not None]


def _is_usable_by(questionnaire: Questionnaire, by: Team) -> bool:
    return questionnaire.organisation == by.organisation and questionnaires.can_be_sent(questionnaire, by.id)


async def _carers(call: Call) -> Response:
    """Return the carers of one patient, a Consent and a Patient for each."""
    reader = Reader.admitted(call, action_of("GET", "Consent", "$carers"))
    call.rests_on("documented")
    pairs = as_stored("Patient", by_public_id([("identifier", carers.patient_identifier(list(sent_pairs(call))))]))

    async def consents(view: AggregatedView) -> list[dict[str, Any]]:
        return carers.carers(view, reader.store, pairs)

    resources = await _find(reader, consents)
    return shaped_response(call, RELEASE, render(carers.bundle(_base(call), resources)))


async def _send(call: Call) -> Response:
    """Ask the patients to answer, and return a reference to each request."""
    reader = Reader.admitted(call, action_of("POST", "Questionnaire", "$send-questionnaire-request"))
    call.rests_on("documented")
    check_team(call)
    sender = team.team_of_header(call.caller, call.request.headers.get(team.HEADER))
    # Questionnaires get their aggregated ids when they are mapped.
    reader.prepare()
    questionnaire = _questionnaire(reader, call.params["id"], sender)
    parameters = questionnaire_requests.parse_request(call.body)
    store, record = reader.store, call.workspace.record
    asking = Asking(
        organisation=store.get(Organisation, sender.organisation),
        team=sender,
        email_patient=parameters.email_patient,
        identifier=parameters.identifier,
        advanced=True,
    )
    patients = list(questionnaire_requests.patients(store, parameters.targets, sender.organisation))
    requests = questionnaires.ask(record, questionnaire, patients, asking)
    targets = [f"ServiceRequest/{aggregated_id(request.id)}" for request in requests]
    return shaped_response(call, RELEASE, render(questionnaire_requests.render_references(targets)))


def _questionnaire(reader: Reader, id_: str, sender: Team) -> Questionnaire:
    """Return PKB's questionnaire for an aggregated one. Raises NotFound, and Forbidden if the team may not use it."""
    for row in reader.store.find(Upstream, "target", f"Questionnaire/{id_}"):
        feed, _, own_id = row.id.split("/")
        questionnaire = reader.store.find_one(Questionnaire, own_id) if feed == PKB else None
        if (
            questionnaire is not None
            and questionnaire.organisation == sender.organisation
            and questionnaire.status == questionnaires.PUBLISHED
        ):
            if not _is_usable_by(questionnaire, sender):
                raise Forbidden(
                    f"The team {sender.id} may not use Questionnaire/{id_}",
                    code="forbidden",
                    rule="aggregated.questionnaire-request",
                    instead="a team that may use the questionnaire",
                )
            return questionnaire
    raise _unknown("Questionnaire", id_)


def _check_offered(call: Call, type_: str, code: str) -> None:
    """Raise NotFound for a type that R4 does not have, NotOffered for an interaction that the statement does not
    offer.
    """
    _check_type(type_)
    of_type = offered().types.get(type_)
    interaction = of_type.interactions.get(code) if of_type is not None else None
    if of_type is not None and interaction is None:
        raise NotOffered(f"The endpoint does not offer {code} on {type_}", rule="aggregated.not-offered")
    call.rests_on(interaction.standing if interaction is not None else "documented")


def _check_type(type_: str) -> None:
    if type_ not in release(RELEASE).types:
        raise NotFound(f"Resource type {type_} does not exist", rule="aggregated.unknown-type")


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
    _check_type(type_)
    raise NotOffered("Aggregated supports only read and search", rule="aggregated.not-offered")


def _unknown(type_: str, id_: str, reason: str = "") -> NotFound:
    return NotFound(f"Resource {type_}/{id_} not found", rule="aggregated.not-found", instead=reason)


def _gone(type_: str, id_: str) -> Gone:
    return Gone(f"Resource {type_}/{id_} was deleted", rule="aggregated.deleted")


def _mount(call: Call) -> str:
    """Return the path of the endpoint as the client requested it: `/fhir` on a host of its own."""
    by_path = call.request.scope.get("raw_path", b"").startswith(AGGREGATED.prefix.encode())
    return AGGREGATED.prefix if by_path else "/fhir"


def _base(call: Call) -> str:
    return call.base_url + _mount(call)
