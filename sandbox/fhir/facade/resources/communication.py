"""Communication: a sent message, without its content; drafts are not rendered.

Source: http://dev.patientsknowbest.com/home/fhir-api/fhir-api-resources/communication
"""

from __future__ import annotations

from sandbox.base.clock import instant
from sandbox.fhir.facade.rendering import Names
from sandbox.fhir.facade.resources.data_point import OfPatient, common_elements, patient_reference, person_reference
from sandbox.fhir.rendered.elements import STRUCTURE, Json, without_empty
from sandbox.model import Message


def to_stu3(names: Names, message: Message, hidden: bool) -> Json:
    """Render a message as `facade-communication`."""
    contained: list[Json] = []
    people = [person_reference(names, id_, message.patient, contained) for id_ in (message.sender, *message.recipients)]
    return without_empty(
        {
            **common_elements(names, "Communication", message, contained),
            "extension": [
                {"url": f"{STRUCTURE}/communication-title", "valueString": message.subject},
                {"url": f"{STRUCTURE}/conversation-id", "valueString": message.conversation},
            ],
            "status": "unknown",
            "subject": patient_reference(names, message.patient),
            "recipient": [reference for reference in people[1:] if reference],
            "sent": instant(message.at),
            "sender": people[0],
        }
    )


COMMUNICATIONS = OfPatient(
    kind=Message,
    to_stu3=to_stu3,
    at=lambda message: message.at,
    date="sent",
    is_shown=lambda message: message.status != "DRAFT",
)
