"""Parts of mapped resources that are there only where PKB's data has them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sandbox.fhir.aggregated.mapped import common, communication, questionnaire_response, service_request
from sandbox.model import (
    Answer,
    BusinessIdentifier,
    Code,
    Message,
    Name,
    Question,
    Questionnaire,
    QuestionnaireRequest,
    QuestionnaireResponse,
    Source,
    User,
)
from tests.domain.small_world import FIRST, NOW, patient, world

POINT: dict[str, Any] = {"patient": "p-1", "entered_at": NOW, "persisted_at": NOW, "source": Source(organisation=FIRST)}
NAMED = BusinessIdentifier(system="urn:x", value="7")
RECORD = world()
patient(RECORD)
RECORD.store.put(
    User(
        id="u-1",
        legacy_id=1,
        name=Name(family="Cole"),
        email="",
        password="",
        scope="CLINICIAN",
        organisation=FIRST,
    )
)
RECORD.store.put(
    Questionnaire(
        id="q-1",
        organisation=FIRST,
        name="Knee",
        created_at=NOW,
        updated_at=NOW,
        questions=(Question(id="1", type="TEXT", text="Pain?"),),
    )
)
FULL = QuestionnaireRequest(id="r-1", questionnaire="q-1", requestor="u-1", at=NOW, identifier=NAMED, **POINT)
RECORD.store.put(FULL)


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, {"identifier", "requester", "code", "supportingInfo"}),
        ({"requestor": ""}, {"identifier", "code", "supportingInfo"}),
        ({"requestor": "u-2"}, {"identifier", "code", "supportingInfo"}),
        ({"identifier": None}, {"requester", "code", "supportingInfo"}),
        ({"questionnaire": "q-2"}, {"identifier", "requester"}),
    ],
)
def test_a_request_names_its_questionnaire_its_requester_and_its_number(changes: dict[str, Any], names: set[str]):
    resource = service_request.to_r4(RECORD.store, replace(FULL, **changes))
    always = {"resourceType", "status", "intent", "subject", "authoredOn"}
    assert set(resource) - always == names
    expected = {
        "identifier": [{"system": "urn:x", "value": "7"}],
        "requester": {"reference": "Practitioner/u-1"},
        "code": {"text": "Knee"},
        "supportingInfo": [{"reference": "Questionnaire/q-1"}],
    }
    assert {name: resource[name] for name in names} == {name: expected[name] for name in names}


@pytest.mark.parametrize(
    ("request_id", "questionnaire", "names"),
    [
        ("r-1", "q-1", {"identifier", "basedOn", "questionnaire"}),
        ("", "q-1", {"questionnaire"}),
        ("r-2", "q-1", {"questionnaire"}),
        ("r-1", "q-2", {"identifier", "basedOn"}),
    ],
)
def test_a_response_names_its_request_and_its_questionnaire(request_id: str, questionnaire: str, names: set[str]):
    response = QuestionnaireResponse(
        id="a-1",
        questionnaire=questionnaire,
        request=request_id,
        at=NOW,
        answers=(Answer(question="1", values=("x",)),),
        **POINT,
    )
    resource = questionnaire_response.to_r4(RECORD.store, response)
    always = {"resourceType", "status", "subject", "authored", "source", "item"}
    assert set(resource) - always == names
    text = {"text": "Pain?"} if questionnaire == "q-1" else {}
    assert resource["item"] == [{"linkId": "1", **text, "answer": [{"valueString": "x"}]}]


@pytest.mark.parametrize(
    ("sender", "recipients", "expected"),
    [
        ("u-1", ("p-1", "nobody"), ({"reference": "Practitioner/u-1"}, [{"reference": "Patient/p-1"}])),
        ("nobody", ("nobody",), (None, None)),
    ],
)
def test_a_message_names_the_people_who_exist(sender: str, recipients: tuple[str, ...], expected: tuple[Any, Any]):
    message = Message(
        id="m-1", subject="S", conversation="c", sender=sender, recipients=recipients, at=NOW, content="", **POINT
    )
    resource = communication.to_r4(RECORD.store, message)
    assert resource is not None
    assert (resource.get("sender"), resource.get("recipient")) == expected
    assert communication.to_r4(RECORD.store, replace(message, status="DRAFT")) is None


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (
            Code(code="1", system="urn:a", text="A"),
            {"coding": [{"system": "urn:a", "code": "1", "display": "A"}], "text": "A"},
        ),
        (Code(text="A"), {"text": "A"}),
        (Code(alternate_code="2", alternate_text="B"), {"coding": [{"code": "2", "display": "B"}], "text": "B"}),
        (Code(code="1", system="nonsense"), {"coding": [{"code": "1"}]}),
        (Code(code="1", system="http://a"), {"coding": [{"system": "http://a", "code": "1"}]}),
    ],
)
def test_a_code_has_the_parts_that_are_known(code: Code, expected: dict[str, Any]):
    assert common.concept(code) == expected


def test_the_senders_id_names_the_organisation_that_gave_it():
    point = replace(FULL, external_id="e-1")
    assert common.external_identifier(point) == [{"value": "e-1", "assigner": {"reference": f"Organization/{FIRST}"}}]
    assert common.external_identifier(replace(point, source=Source())) == [{"value": "e-1"}]
    assert common.external_identifier(replace(point, external_id="")) == []
