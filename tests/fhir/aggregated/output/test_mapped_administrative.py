"""Every element of organisations, teams, people, questionnaires and care plans as Aggregated maps them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.fhir.aggregated.linking.identity import ODS_CODE, ORG_CODE
from sandbox.fhir.aggregated.mapped import care_plan, organization, practitioner, questionnaire
from sandbox.fhir.aggregated.output.meta import STRUCTURE
from sandbox.model import CarePlan, Name, Organisation, Question, Questionnaire, Source, Team, User
from sandbox.store import Store

Json = dict[str, Any]
AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
STORE = Store()


@pytest.mark.parametrize("code", ["", "RNM99"])
def test_an_organisation_is_active_and_has_the_systems_of_its_code(code: str):
    organisation = Organisation(id="o", legacy_id=1, name="North", code=code)
    zone = {"url": f"{STRUCTURE}/time-zone-id", "valueString": organisation.time_zone}
    identifier = [{"system": system, "value": code} for system in (ORG_CODE, ODS_CODE)]
    assert organization.to_r4(STORE, organisation) == {
        "resourceType": "Organization",
        "extension": [zone],
        **({"identifier": identifier} if code else {}),
        "active": True,
        "name": "North",
    }


def test_a_team_is_an_active_part_of_its_organisation():
    assert organization.team_to_r4(STORE, Team(id="t", legacy_id=2, alias="T", organisation="o", name="Renal")) == {
        "resourceType": "Organization",
        "active": True,
        "name": "Renal",
        "partOf": {"reference": "Organization/o"},
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (Name(family="Bright", given="Owen", title="Dr"), {"family": "Bright", "given": ["Owen"], "prefix": ["Dr"]}),
        (Name(family="Bright"), {"family": "Bright"}),
        (Name(given="Owen"), {"given": ["Owen"]}),
    ],
)
def test_a_person_has_the_parts_of_the_name_that_are_known(name: Name, expected: Json):
    user = User(
        id="u", legacy_id=3, password="p", organisation="o", name=name, email="o@example.org", scope="CLINICIAN"
    )
    assert practitioner.to_r4(STORE, user) == {"resourceType": "Practitioner", "name": [expected]}


@pytest.mark.parametrize(("status", "expected"), [("DRAFT", "draft"), ("PUBLISHED", "active")])
def test_a_questionnaire_has_its_questions_and_only_boxes_repeat(status: str, expected: str):
    kinds = {"TITLE": "display", "TEXT": "text", "RADIO": "choice", "CHECKBOX": "choice"}
    options = {"RADIO": ("Yes", "No"), "CHECKBOX": ("A",)}
    questions = tuple(Question(id=kind, type=kind, text=f"{kind}?", options=options.get(kind, ())) for kind in kinds)
    form = Questionnaire(
        id="q", organisation="o", name="Knee", status=status, created_at=AT, updated_at=AT, questions=questions
    )
    assert questionnaire.to_r4(STORE, form) == {
        "resourceType": "Questionnaire",
        "extension": [{"url": f"{STRUCTURE}/publisher-reference", "valueReference": {"reference": "Organization/o"}}],
        "title": "Knee",
        "status": expected,
        "subjectType": ["Patient"],
        "date": "2026-06-01T12:00:00Z",
        "item": [
            {
                "linkId": kind,
                "text": f"{kind}?",
                "type": type_,
                **({"repeats": True} if kind == "CHECKBOX" else {}),
                **({"answerOption": [{"valueString": text} for text in options[kind]]} if kind in options else {}),
            }
            for kind, type_ in kinds.items()
        ],
    }


def test_a_care_plan_has_its_name_and_time():
    plan = CarePlan(
        id="c",
        patient="p",
        source=Source(),
        entered_at=AT,
        persisted_at=AT,
        name="Plan",
        created_at=AT,
        last_edited_at=AT,
    )
    assert care_plan.to_r4(STORE, plan) == {
        "resourceType": "CarePlan",
        "status": "active",
        "intent": "plan",
        "title": "Plan",
        "subject": {"reference": "Patient/p"},
        "created": "2026-06-01T12:00:00Z",
    }
