"""Answers that a person or a team supplied show to them, whoever's patient it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.model import Questionnaire, QuestionnaireResponse, Source
from tests.fhir.facade.inprocess import InProcess

AT = datetime(2026, 3, 1, tzinfo=UTC)
OWEN, AOIFE, TOLA = (
    "f1640ff8-d059-403c-b0d5-295ffc6e627d",
    "ab3321fb-7a51-4432-aa6e-1e98e346ab17",
    "4c86625f-13d7-423c-93e9-d58574a12dec",
)
RENAL = "b1fca6de-884d-4803-b760-ebd7f8cac475"
MANY = 60
"""More answers than there are patients: so they are looked up by patient, not read one by one."""


def answer(facade: InProcess, id_: str, patient: str, **source: Any) -> None:
    questionnaire = next(iter(facade.workspace.store.all(Questionnaire)))
    facade.workspace.store.put(
        QuestionnaireResponse(id=id_, patient=patient, source=Source(**source), entered_at=AT, persisted_at=AT, at=AT,
                              questionnaire=questionnaire.id, request="", answers=())
    )  # fmt: skip


@pytest.mark.parametrize("others", [0, MANY])
def test_answers_that_a_person_or_the_team_supplied_are_shown(others: int):
    facade = InProcess()
    for number in range(others):
        answer(facade, f"other{number}", AOIFE, person="nobody")
    answer(facade, "by-owen", AOIFE, person=OWEN)
    answer(facade, "by-the-team", AOIFE, team=RENAL)
    answer(facade, "by-aoife", AOIFE, person=AOIFE)
    answer(facade, "by-tola", TOLA, person=TOLA)
    shown_to: dict[str, set[str]] = {}
    for user, scope, client in ((OWEN, "CLINICIAN", "stepwise-clinic"), (TOLA, "PATIENT", "stepwise-diary")):
        response = facade.ask("/QuestionnaireResponse", facade.user(user, scope, client))
        assert response.status_code == 200, response.text
        shown_to[user] = {entry["resource"]["id"] for entry in response.json().get("entry", ())}
    assert {id_ for id_ in shown_to[OWEN] if id_.startswith("by-")} == {"by-owen", "by-the-team", "by-tola"}
    assert {id_ for id_ in shown_to[TOLA] if id_.startswith("by-")} == {"by-tola"}
    assert not {id_ for ids in shown_to.values() for id_ in ids if id_.startswith("other")}
