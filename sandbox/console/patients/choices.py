"""The options of the forms of acts: people, teams, types of measurement, and unread or unanswered items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from sandbox.console.patients.describing import Describer
from sandbox.control.acts import WEB_ROUTES
from sandbox.domain.data_points.measurement_types import types_of
from sandbox.domain.questionnaires import COMPLETED
from sandbox.model import (
    Consent,
    Document,
    Invitation,
    Message,
    Organisation,
    Patient,
    Questionnaire,
    QuestionnaireRequest,
    Team,
    User,
)
from sandbox.model.questionnaire import Question

MOST = 300
"""Maximum number of options in a list."""
Option = tuple[str, str]
"""Value and text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionnaireForm:
    """A questionnaire that the patient can answer; `id` is that of the request, or of the questionnaire itself."""

    id: str
    name: str
    is_requested: bool
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActChoices:
    """The options of the forms about one patient."""

    teams: list[Option]
    professionals: list[Option]
    people: list[Option]
    consents: list[tuple[Consent, str]]
    types: list[Option]
    documents: list[Option]
    messages: list[Option]
    questionnaires: list[QuestionnaireForm]
    invitations: list[Invitation]
    routes: tuple[str, ...] = WEB_ROUTES

    @classmethod
    def of(cls, describer: Describer, patient: Patient) -> ActChoices:
        store = describer.store
        consents = store.find(Consent, "patient", patient.id)
        granted = {consent.grantee.id for consent in consents}
        professionals = [(user.id, _user(describer, user)) for user in islice(store.all(User), MOST) if user.active]
        teams = [(team.id, _team(describer, team)) for team in islice(store.all(Team), MOST)]
        me = (patient.id, f"{patient.name.display}, the patient")
        carers = [(c.grantee.id, describer.person(c.grantee.id)) for c in consents if c.grantee.kind == "carer"]
        return cls(
            teams=[option for option in teams if option[0] not in granted],
            professionals=[option for option in professionals if option[0] not in granted],
            people=[me, *carers, *professionals],
            consents=[(consent, _grantee(describer, consent)) for consent in consents],
            types=[(ref, _type(type_.name, type_.unit)) for ref, type_ in types_of(store).by_ref.items()],
            documents=[
                (point.id, describer.title(point))
                for point in store.find(Document, "patient", patient.id)
                if point.status != "READ"
            ],
            messages=[
                (point.id, describer.title(point))
                for point in store.find(Message, "patient", patient.id)
                if point.status == "UNREAD"
            ],
            questionnaires=list(_questionnaires(describer, patient)),
            invitations=store.find(Invitation, "patient", patient.id),
        )


def _user(describer: Describer, user: User) -> str:
    return f"{user.name.display}, {describer.team(user.team) or describer.organisation(user.organisation)}"


def _team(describer: Describer, team: Team) -> str:
    return f"{team.name}, {describer.organisation(team.organisation)}"


def _grantee(describer: Describer, consent: Consent) -> str:
    id_ = consent.grantee.id
    return describer.team(id_) if consent.grantee.kind == "team" else describer.person(id_)


def _type(name: str, unit: str) -> str:
    return f"{name} ({unit})" if unit else name


def _questionnaires(describer: Describer, patient: Patient) -> Iterator[QuestionnaireForm]:
    """The open requests, then the published questionnaires of the patient's organisations."""
    store = describer.store
    for request in store.find(QuestionnaireRequest, "patient", patient.id):
        questionnaire = store.find_one(Questionnaire, request.questionnaire)
        if questionnaire is not None and request.status != COMPLETED:
            yield _form(request.id, questionnaire, is_requested=True)
    for id_ in patient.organisations:
        if store.find_one(Organisation, id_) is not None:
            for questionnaire in store.find(Questionnaire, "organisation", id_)[:MOST]:
                if questionnaire.status == "PUBLISHED":
                    yield _form(questionnaire.id, questionnaire, is_requested=False)


def _form(id_: str, questionnaire: Questionnaire, *, is_requested: bool) -> QuestionnaireForm:
    return QuestionnaireForm(
        id=id_, name=questionnaire.name, is_requested=is_requested, questions=questionnaire.questions
    )
