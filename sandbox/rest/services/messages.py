"""MessageService and AttachmentService: the stream of messages and documents, and the files of documents.

Sources: *Entity: Conversation*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3744628737 ; *Entity: Document*,
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3743121409
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from starlette.responses import Response

from sandbox.access.visibility import purview_of
from sandbox.domain.data_points.messages import DRAFT
from sandbox.http.call import Call
from sandbox.http.downloads import download
from sandbox.ids import legacy_id
from sandbox.model import Attachment, Document, Message, Organisation, Patient, User
from sandbox.rest.caller import Caller, by_id, caller, not_found
from sandbox.rest.readers import instant as read_instant
from sandbox.rest.reading import note_others, sees, visible, withheld
from sandbox.rest.services.users import patients_of
from sandbox.rest.values import as_shown, instant

Json = dict[str, Any]


def after(call: Call) -> list[Json]:
    """Messages and documents after a time, oldest first. Raises Invalid for a time that is none."""
    who = caller(call)
    time = read_instant(call.params["time"], "time")
    points = [one for one in _stream(who) if as_shown(one.at) > time]
    points.sort(key=lambda one: (one.at, one.id))
    note_others(call, who, points)
    return [_document(who, one) if isinstance(one, Document) else _message(who, one) for one in points]


def attachment(call: Call) -> Response:
    """The file of a document. Raises NotFound for any other, and while its content is held back."""
    who = caller(call)
    found: Attachment | None = by_id(who.store, Attachment, call.params["id"])
    document = who.store.find_one(Document, found.data_point) if found else None
    if found is None or document is None or not sees(who, document) or withheld(who, document.released_at):
        raise not_found("attachment")
    note_others(call, who, [document])
    return download(found)


def _stream(who: Caller) -> Iterator[Message | Document]:
    """What the caller took part in or supplied, and what records in care hold; each once, as far as it is visible."""
    points: list[Message | Document] = [*who.store.find(Message, "participant", who.self_id)]
    for supplier in (*purview_of(who.principal).teams, who.self_id):
        points += who.store.find(Message, "supplied_by", supplier)
        points += who.store.find(Document, "supplied_by", supplier)
    stream: dict[str, Message | Document] = {point.id: point for point in points if sees(who, point)}
    for patient in [who.patient] if who.patient else patients_of(who):
        stream |= {point.id: point for point in visible(who, Message, patient)}
        stream |= {point.id: point for point in visible(who, Document, patient)}
    return (point for point in stream.values() if point.status != DRAFT)


def _message(who: Caller, one: Message) -> Json:
    return {
        "kind": "MESSAGE",
        "id": legacy_id(one.id),
        "conversationId": legacy_id(one.conversation),
        "patientId": _legacy(who, one.patient),
        "timestamp": instant(one.at),
        "subject": one.subject,
        "content": one.content,
        "htmlAllowed": one.html,
        "senderId": _legacy(who, one.sender),
        "senderName": _name(who, one.sender),
        "recipientIds": [id_ for public in one.recipients if (id_ := _legacy(who, public))],
        "status": one.status,
        "attachmentIds": [],
        "privacyLabel": one.label,
    }


def _document(who: Caller, one: Document) -> Json:
    """A document; before its time a patient sees that it is there, and neither title nor file."""
    hidden = withheld(who, one.released_at)
    organisation = who.store.find_one(Organisation, one.source.organisation)
    return {
        "kind": "DOCUMENT",
        "id": legacy_id(one.id),
        "conversationId": None,
        "patientId": _legacy(who, one.patient),
        "timestamp": instant(one.at),
        "subject": "" if hidden else one.title,
        "content": None,
        "htmlAllowed": False,
        "senderId": None,
        "senderName": organisation.name if organisation else "",
        "recipientIds": [_legacy(who, one.patient)],
        "status": one.status,
        "attachmentIds": [] if hidden or not one.attachment else [legacy_id(one.attachment)],
        "documentType": one.type,
        "documentClass": one.class_ or None,
        "privacyLabel": one.label,
    }


def _person(who: Caller, public_id: str) -> Patient | User | None:
    return who.store.find_one(User, public_id) or who.store.find_one(Patient, public_id)


def _legacy(who: Caller, public_id: str) -> str | None:
    found = _person(who, public_id)
    return str(found.legacy_id) if found else None


def _name(who: Caller, public_id: str) -> str:
    found = _person(who, public_id)
    return found.name.display if found else ""
