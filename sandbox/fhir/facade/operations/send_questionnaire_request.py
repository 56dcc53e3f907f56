"""`Questionnaire/[id]/$send-questionnaire-request`: ask patients, on behalf of a professional, to answer a
questionnaire.

Source: *Simple Questionnaires API Workflow*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3707928808
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from sandbox.access.purview import is_in_care
from sandbox.domain import questionnaires
from sandbox.domain.questionnaires import Asking
from sandbox.errors import Invalid, NotFound
from sandbox.fhir.base.identifiers import national_types
from sandbox.fhir.facade.operations import identifiers, parameters
from sandbox.fhir.rendered.invocation import Invocation
from sandbox.model import BusinessIdentifier, Patient, Questionnaire, Team, User

Json = dict[str, Any]
NOTIFY = {"EMAIL_NOTIFICATION_ENABLED": True, "EMAIL_NOTIFICATION_DISABLED": False}
"""Notification flag → whether the requestor gets an e-mail when a patient answers."""


def run(invocation: Invocation) -> Response:
    """Return a reference to each new request; patients who cannot be asked are omitted."""
    questionnaire = _questionnaire(invocation)
    arguments = parameters.read_parameters(invocation)
    requestor = _requestor(invocation, arguments["requestor"][0])
    if not questionnaires.can_be_sent(questionnaire, requestor.team):
        raise _bad("requestor: the team of this professional may not use the questionnaire")
    asking = Asking(
        organisation=invocation.organisation,
        team=invocation.viewer.store.find_one(Team, requestor.team),
        requestor=requestor,
        notify_requestor=_notify(arguments["notificationFlag"]),
        identifier=_identifier(arguments["additionalIdentifier"]),
    )
    requests = questionnaires.ask(invocation.record, questionnaire, _patients(invocation, arguments["target"]), asking)
    references = [{"reference": f"ProcedureRequest/{request.id}"} for request in requests]
    return parameters.respond_with_values(invocation, "request", references)


def _questionnaire(invocation: Invocation) -> Questionnaire:
    """Return the questionnaire of the path. Raises NotFound for a draft, or a questionnaire of another organisation."""
    id_ = invocation.call.params["id"]
    questionnaire = invocation.viewer.store.find_one(Questionnaire, id_)
    if (
        questionnaire is None
        or questionnaire.organisation != invocation.organisation.id
        or questionnaire.status != questionnaires.PUBLISHED
    ):
        raise NotFound(f"Resource Questionnaire/{id_} is not known", rule="facade.read-unknown")
    return questionnaire


def _requestor(invocation: Invocation, reference: Json) -> User:
    """Return a professional of the organisation: PKB issues one id for each membership of a team."""
    user = invocation.viewer.store.find_one(User, _named(reference, ("Practitioner",), "requestor")[1])
    teams = invocation.viewer.caller.granting_teams
    if user is None or user.organisation != invocation.organisation.id or (teams and user.team not in teams):
        raise _bad("requestor: the Practitioner does not exist in the organisation that you act for")
    return user


def _patients(invocation: Invocation, targets: list[Json]) -> list[Patient]:
    """Return the target patients, or all of one team, without those who are not in the caller's care."""
    named = [
        _named(target, ("Patient", "Organization"), "target") if "reference" in target else None for target in targets
    ]
    teams = [id_ for type_, id_ in filter(None, named) if type_ == "Organization"]
    if teams and len(targets) > 1:
        raise _bad("target must be patients, or exactly one Organization that is a team")
    identifiers.check_systems(
        [_identifier_of(target) for target in targets if "reference" not in target], national_types()
    )
    patients = _members(invocation, teams[0]) if teams else [_patient(invocation, target) for target in targets]
    return [patient for patient in patients if patient is not None and is_in_care(invocation.viewer.caller, patient)]


def _patient(invocation: Invocation, target: Json) -> Patient | None:
    if "reference" in target:
        return invocation.viewer.store.find_one(Patient, target["reference"].partition("/")[2].lower())
    return identifiers.find_patient(invocation.viewer.store, target["identifier"], national_types())


def _members(invocation: Invocation, id_: str) -> Sequence[Patient]:
    team = invocation.viewer.store.find_one(Team, id_)
    if team is None or team.organisation != invocation.organisation.id:
        raise _bad("target: the team does not exist in the organisation that you act for")
    return invocation.viewer.store.find(Patient, "team", team.id)


def _named(reference: Json, types: tuple[str, ...], where: str) -> tuple[str, str]:
    """Parse type and id of a relative reference."""
    type_, _, id_ = reference.get("reference", "").partition("/")
    if type_ not in types or not id_ or "/" in id_:
        raise _bad(f"{where}: must be a reference to {' or '.join(f'{allowed_type}/<id>' for allowed_type in types)}")
    # Public ids are stored in lower case.
    return type_, id_.lower()


def _identifier_of(reference: Json) -> Json:
    identifier: Json | None = reference.get("identifier")
    if identifier is None:
        raise _bad("target: a reference needs a reference or an identifier")
    return identifier


def _notify(flags: list[str]) -> bool:
    flag = flags[0] if flags else "EMAIL_NOTIFICATION_ENABLED"
    if flag not in NOTIFY:
        raise _bad(f"notificationFlag: must be {' or '.join(NOTIFY)}")
    return NOTIFY[flag]


def _identifier(values: list[Json]) -> BusinessIdentifier | None:
    for identifier in values:
        identifiers.check_complete(identifier)
        return BusinessIdentifier(system=identifier["system"], value=identifier["value"])
    return None


def _bad(text: str) -> Invalid:
    return Invalid(text, code="invalid", rule="operations.questionnaire-request")
