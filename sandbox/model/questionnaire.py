"""Questionnaires, which PKB's data model calls consultations, requests to answer them, and answers:
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3744759809
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sandbox.model.datapoint import DataPoint

QUESTION_TYPES = ("TITLE", "TEXT", "RADIO", "CHECKBOX")
"""A title asks nothing; of radio buttons one is chosen, of checkboxes any number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One line of a questionnaire. `id` is unique within it; `options` are those of radio buttons and checkboxes."""

    id: str
    type: str
    text: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Questionnaire:
    """A questionnaire that an organisation publishes. `status` is `DRAFT` or `PUBLISHED`; only the latter is sent.

    `label` is the privacy label of requests and answers; `teams` are those that may use it, all where there are none.
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
    """An identifier that a caller gives to what it asks for: the system that it comes from, and the value."""

    system: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionnaireRequest(DataPoint):
    """A patient is asked to answer a questionnaire. `status` is `ACTIVE`, or `COMPLETED` once answered.

    `requestor` is the user in whose name the patient is asked, and who is mailed about the answer if `notify` is set;
    `message` the message that went to the patient, `at` when.
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
    """What was answered to one question: its id and the values, of which only checkboxes have several."""

    question: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionnaireResponse(DataPoint):
    """A patient's answers, given at `at`; `request` is empty when nobody asked for them."""

    questionnaire: str
    request: str = ""
    at: datetime
    answers: tuple[Answer, ...] = ()
