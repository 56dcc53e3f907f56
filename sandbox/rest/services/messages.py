"""MessageService and AttachmentService: messages, documents and the files of documents.

Sources: *Entity: Conversation*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3744628737 ; *Entity: Document*,
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3743121409
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from starlette.responses import Response

from sandbox.access.visibility import purview_of
from sandbox.base.ids import legacy_id
from sandbox.domain.data_points.messages import DRAFT
from sandbox.http.call import Call
from sandbox.http.downloads import download
from sandbox.model import Attachment, Document, Message, Organisation, Patient, User
from sandbox.rest.caller import Caller, by_id, caller_of, not_found
from sandbox.rest.readers import instant as read_instant
from sandbox.rest.reading import is_visible, is_withheld, note_others, visible
from sandbox.rest.services.users import patients_of
from sandbox.rest.values import instant, to_milliseconds

Json = dict[str, Any]


def after(call: Call) -> list[Json]:
    """Return messages and documents after a time, oldest first. Raises Invalid for an invalid time."""
    caller = caller_of(call)
    time = read_instant(call.params["time"], "time")
    # Compared to the millisecond, because a client continues from the last time in an earlier response.
    points = [point for point in _visible_items(caller) if to_milliseconds(point.at) > time]
    points.sort(key=lambda point: (point.at, point.id))
    note_others(call, caller, points)
    return [_document(caller, point) if isinstance(point, Document) else _message(caller, point) for point in points]


def attachment(call: Call) -> Response:
    """Return the file of a document. Raises NotFound for any other file, and before release."""
    caller = caller_of(call)
    attachment: Attachment | None = by_id(caller.store, Attachment, call.params["id"])
    document = caller.store.find_one(Document, attachment.data_point) if attachment else None
    if (
        attachment is None
        or document is None
        or not is_visible(caller, document)
        or is_withheld(caller, document.released_at)
    ):
        raise not_found("attachment")
    note_others(call, caller, [document])
    return download(attachment)


def _visible_items(caller: Caller) -> Iterator[Message | Document]:
    """Iterate over messages and documents that the caller takes part in or supplied, or of records in care: each
    once, if visible.
    """
    points: list[Message | Document] = [*caller.store.find(Message, "participant", caller.self_id)]
    for supplier in (*purview_of(caller.principal).teams, caller.self_id):
        points += caller.store.find(Message, "supplied_by", supplier)
        points += caller.store.find(Document, "supplied_by", supplier)
    # By id, because the same data point can be in several lists: as participant, as supplier and of the record.
    stream: dict[str, Message | Document] = {point.id: point for point in points if is_visible(caller, point)}
    for patient in [caller.patient] if caller.patient else patients_of(caller):
        stream |= {point.id: point for point in visible(caller, Message, patient)}
        stream |= {point.id: point for point in visible(caller, Document, patient)}
    return (point for point in stream.values() if point.status != DRAFT)


def _message(caller: Caller, message: Message) -> Json:
    return {
        "kind": "MESSAGE",
        "id": legacy_id(message.id),
        "conversationId": legacy_id(message.conversation),
        "patientId": _legacy(caller, message.patient),
        "timestamp": instant(message.at),
        "subject": message.subject,
        "content": message.content,
        "htmlAllowed": message.html,
        "senderId": _legacy(caller, message.sender),
        "senderName": _name(caller, message.sender),
        "recipientIds": [id_ for public in message.recipients if (id_ := _legacy(caller, public))],
        "status": message.status,
        "attachmentIds": [],
        "privacyLabel": message.label,
    }


def _document(caller: Caller, document: Document) -> Json:
    """Return a document; before release a patient sees that it exists, but neither title nor file."""
    hidden = is_withheld(caller, document.released_at)
    organisation = caller.store.find_one(Organisation, document.source.organisation)
    return {
        "kind": "DOCUMENT",
        "id": legacy_id(document.id),
        "conversationId": None,
        "patientId": _legacy(caller, document.patient),
        "timestamp": instant(document.at),
        "subject": "" if hidden else document.title,
        "content": None,
        "htmlAllowed": False,
        "senderId": None,
        "senderName": organisation.name if organisation else "",
        "recipientIds": [_legacy(caller, document.patient)],
        "status": document.status,
        "attachmentIds": [] if hidden or not document.attachment else [legacy_id(document.attachment)],
        "documentType": document.type,
        "documentClass": document.class_ or None,
        "privacyLabel": document.label,
    }


def _person(caller: Caller, public_id: str) -> Patient | User | None:
    return caller.store.find_one(User, public_id) or caller.store.find_one(Patient, public_id)


def _legacy(caller: Caller, public_id: str) -> str | None:
    person = _person(caller, public_id)
    return str(person.legacy_id) if person else None


def _name(caller: Caller, public_id: str) -> str:
    person = _person(caller, public_id)
    return person.name.display if person else ""
