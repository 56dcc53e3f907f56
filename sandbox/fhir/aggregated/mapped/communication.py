"""Communication: a sent message. Mapped only with the setting `aggregated_all_mapped`.

Source: *Entity: Message*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3744628737
"""

from __future__ import annotations

from sandbox.fhir.aggregated.mapped.common import Json, date_time, patient_reference, without_empty
from sandbox.fhir.aggregated.output.meta import STRUCTURE
from sandbox.model import Message, Patient, User
from sandbox.store import Store


def to_r4(store: Store, message: Message) -> Json | None:
    """Map a message without its content, as on the Facade; None for a draft."""
    if message.status == "DRAFT":
        return None
    return without_empty(
        {
            "resourceType": "Communication",
            "extension": [
                {"url": f"{STRUCTURE}/communication-title", "valueString": message.subject},
                {"url": f"{STRUCTURE}/conversation-id", "valueString": message.conversation},
            ],
            "status": "unknown",
            "subject": patient_reference(message),
            "sent": date_time(message.at),
            "sender": _person(store, message.sender),
            "recipient": [person for id_ in message.recipients if (person := _person(store, id_))],
        }
    )


def _person(store: Store, id_: str) -> Json:
    for kind, type_ in ((User, "Practitioner"), (Patient, "Patient")):
        if store.find_one(kind, id_) is not None:
            return {"reference": f"{type_}/{id_}"}
    return {}
