"""Questionnaires, which PKB's data model calls consultations, requests to answer them, and answers:
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3744759809
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sandbox.model.datapoint import DataPoint

QUESTION_TYPES = ("TITLE", "TEXT", "RADIO", "CHECKBOX")
"""The types of question. A title cannot be answered; radio buttons have one answer, checkboxes any number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One line of a questionnaire. `id` is unique within it; `options` are those of radio buttons and checkboxes."""

    id: str
    type: str
    text: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Questionnaire:
    """A questionnaire that an organisation publishes. `status` is `DRAFT` or `PUBLISHED`; only published ones can be
    sent.

    `label` is the privacy label of requests and answers. `teams` may use it; if empty, all teams may.
    """

    id: str
    organisation: str
    name: str
    label: str = "GENERAL_HEALTH"
    status: str = "PUBLISHED"
    created_at: datetime
    updated_at: datetime
    teams: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessIdentifier:
    """A client's own identifier of a request: system and value."""

    system: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionnaireRequest(DataPoint):
    """A request to a patient to answer a questionnaire. `status` is `ACTIVE`, or `COMPLETED` once answered.

    `requestor` is the user on whose behalf the patient is asked; PKB e-mails them about the answer if `notify` is
    set. `message` is the message that the patient got, `at` its time.
    """

    questionnaire: str
    requestor: str = ""
    at: datetime
    status: str = "ACTIVE"
    notify: bool = True
    identifier: BusinessIdentifier | None = None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to one question: the question's id and the values; only checkboxes have several."""

    question: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionnaireResponse(DataPoint):
    """A patient's answers, given at `at`; `request` is empty if they were not requested."""

    questionnaire: str
    request: str = ""
    at: datetime
    answers: tuple[Answer, ...] = ()
