"""The operations of the Aggregated endpoint: the carers of a patient, and a team's requests to fill in a questionnaire.

Sources: *Aggregated*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/3364388935/Aggregated ;
*Advanced Questionnaires API Specification*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/4474372098
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from sandbox.access import team
from sandbox.base.ids import aggregated_id
from sandbox.domain import questionnaires
from sandbox.domain.questionnaires import Asking
from sandbox.errors import Forbidden
from sandbox.fhir.aggregated.linking.identity import PKB
from sandbox.fhir.aggregated.linking.numbers import as_stored, by_public_id
from sandbox.fhir.aggregated.offer import base_of, offered, unknown_resource
from sandbox.fhir.aggregated.output import carers, questionnaire_requests
from sandbox.fhir.aggregated.output.reader import Reader
from sandbox.fhir.aggregated.output.view import AggregatedView
from sandbox.fhir.base.endpoints import AGGREGATED, action_of
from sandbox.fhir.base.json import render
from sandbox.fhir.resources.body import pairs as sent_pairs
from sandbox.fhir.resources.reply import shaped_response
from sandbox.http.call import Call
from sandbox.model import Organisation, Questionnaire, Team, Upstream


def team_of_search(call: Call, type_: str) -> Team | None:
    """Return the team that a search of questionnaires names in its header. Raises what `team.team_of_header` raises."""
    header = call.request.headers.get(team.HEADER)
    # choice: a search without the header is not one team's, and answers for the organisation.
    if type_ != "Questionnaire" or header is None or call.principal is None:
        return None
    return team.team_of_header(call.principal, header)


def ids_for_team(reader: Reader, named: Team | None) -> list[str] | None:
    """Return the questionnaires that a team may use; None without a team."""
    if named is None:
        return None
    published = reader.store.find(Questionnaire, "organisation", named.organisation)
    rows = [
        reader.store.find_one(Upstream, f"{PKB}/Questionnaire/{questionnaire.id}")
        for questionnaire in published
        if _is_usable_by(questionnaire, named)
    ]
    return [row.target for row in rows if row is not None]


def _is_usable_by(questionnaire: Questionnaire, by: Team) -> bool:
    return questionnaire.organisation == by.organisation and questionnaires.can_be_sent(questionnaire, by.id)


async def list_carers(call: Call) -> Response:
    """Return the carers of one patient, a Consent and a Patient for each."""
    reader = Reader.admitted(call, action_of("GET", "Consent", "$carers"))
    call.rests_on("documented")
    pairs = as_stored("Patient", by_public_id([("identifier", carers.patient_identifier(list(sent_pairs(call))))]))

    async def consents(view: AggregatedView) -> list[dict[str, Any]]:
        return carers.carers(view, reader.store, pairs)

    resources = await reader.find(consents, base=base_of(call), offered=offered().searches)
    return shaped_response(call, AGGREGATED.release, render(carers.bundle(base_of(call), resources)))


async def send_requests(call: Call) -> Response:
    """Ask the patients to answer, and return a reference to each request."""
    reader = Reader.admitted(call, action_of("POST", "Questionnaire", "$send-questionnaire-request"))
    call.rests_on("documented")
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
    return shaped_response(call, AGGREGATED.release, render(questionnaire_requests.render_references(targets)))


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
    raise unknown_resource("Questionnaire", id_)
