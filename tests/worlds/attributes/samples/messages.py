"""Messages, questionnaires, requests and responses."""

from __future__ import annotations

from tests.journeys.test_four_doors import BRIGHT, CHECK_IN, TOLA_ID
from tests.support import Client
from tests.worlds.attributes.samples.sending import Sample, then, web


def _message_read(pkb: Client) -> None:
    id_ = pkb.control(f"/records/{TOLA_ID}")["messages"][-1]["id"]
    assert pkb.http.post(f"/_sandbox/records/{TOLA_ID}/messages/{id_}/read").status_code == 200


LETTER = web("message", "messages", recipients=[BRIGHT], subject="My knee", content="<b>Better</b>", html=True,
             route="WEBAPP_OTP", label="SOCIAL_CARE")  # fmt: skip
MESSAGES = [
    LETTER,
    web(
        "message",
        "messages",
        sender=BRIGHT,
        recipients=[TOLA_ID],
        subject="Your knee",
        content="Good",
        name="by a user",
    ),
    then(LETTER, _message_read, "read"),
]


def _request(pkb: Client, *, notify: bool = True) -> str:
    parameters = [
        {"name": "requestor", "valueReference": {"reference": f"Practitioner/{BRIGHT}"}},
        {"name": "target", "valueReference": {"reference": f"Patient/{TOLA_ID}"}},
        {"name": "notificationFlag", "valueCode": f"EMAIL_NOTIFICATION_{'EN' if notify else 'DIS'}ABLED"},
        {"name": "additionalIdentifier", "valueIdentifier": {"system": "urn:campaign", "value": "CAMPAIGN-901"}},
    ]
    body = {"resourceType": "Parameters", "parameter": parameters}
    path = f"/Questionnaire/{CHECK_IN}/$send-questionnaire-request"
    response = pkb.facade(path, method="POST", json=body, headers={"Content-Type": "application/fhir+json"})
    assert response.status_code == 200, response.text
    request: str = response.json()["parameter"][0]["valueReference"]["reference"].partition("/")[2]
    return request


def _answered(pkb: Client) -> None:
    answers = {"concern": "My sleep", "symptoms": ["Swelling", "Itching"]}
    request = _request(pkb)
    web("", f"questionnaires/{request}/answer", answers=answers, route="WEBAPP_OTP").send(pkb)


def _unnoticed(pkb: Client) -> None:
    _request(pkb, notify=False)


REQUESTS = [
    Sample("questionnaire_request", "open", _unnoticed),
    Sample("questionnaire_request", "answered", _answered),
]
RESPONSES = [Sample("questionnaire_response", "answered", _answered)]
QUESTIONNAIRES = [Sample("questionnaire", "of the world", lambda pkb: None)]
