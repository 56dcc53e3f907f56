"""Communication: a message that was sent; never its content, and never a draft.

Source: http://dev.patientsknowbest.com/home/fhir-api/fhir-api-resources/communication
"""

from __future__ import annotations

from sandbox.clock import instant
from sandbox.fhir.facade.common import STRUCTURE, Json, filled
from sandbox.fhir.facade.datapoint import OfPatient, person, start, subject
from sandbox.fhir.facade.sight import Sight
from sandbox.model import Message


def represent(sight: Sight, message: Message) -> Json:
    """A message as `facade-communication`."""
    contained: list[Json] = []
    people = [person(sight.store, id_, message.patient, contained) for id_ in (message.sender, *message.recipients)]
    return filled(
        {
            **start(sight, "Communication", message, contained),
            "extension": [
                {"url": f"{STRUCTURE}/communication-title", "valueString": message.subject},
                {"url": f"{STRUCTURE}/conversation-id", "valueString": message.conversation},
            ],
            "status": "unknown",
            "subject": subject(sight.store, message.patient),
            "recipient": [one for one in people[1:] if one],
            "sent": instant(message.at),
            "sender": people[0],
        }
    )


COMMUNICATIONS = OfPatient(
    kind=Message,
    represent=represent,
    at=lambda message: message.at,
    date="sent",
    shown=lambda message: message.status != "DRAFT",
)
