"""MDM^T02 and MDM^T11: documents and care plans.

Sources: *MDM T02 Document*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364848860/Document ; *Care Plan*,
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365012559/Care+Plan ; *MDM T11*,
https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/3364947080
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sandbox.base import datafiles
from sandbox.domain.data_points import care_plans, documents, labels
from sandbox.domain.record import Sender
from sandbox.errors import Invalid
from sandbox.hl7 import attachments
from sandbox.hl7.arrival import Filing
from sandbox.hl7.er7 import Er7Message
from sandbox.hl7.inbound_message import InboundMessage
from sandbox.hl7.patient_visit import class_of, hospital_service
from sandbox.hl7.segments import Segment
from sandbox.model import CarePlan, Document, Patient

CARE_PLAN = "CP"
TIMES = (8, 7, 6, 4)
"""Fields of TXA with the time of a document; the first that is not blank counts, otherwise MSH-7."""


def slice_of(message: Er7Message, sender: Sender) -> str:
    """Return the use of an MDM^T02, by TXA-2."""
    return "care plan" if message.value("TXA", 2) == CARE_PLAN else "document"


def file_document(inbound: InboundMessage) -> Filing:
    """Store a document, replacing an earlier one with the same number."""
    txa, obx = _checked_segments(inbound)
    zpm = inbound.message.segment("ZPM")
    type_ = _document_type(inbound, txa)
    file = attachments.read_file(inbound, obx, attachments.DOCUMENT)
    at = next((at for field in TIMES if (at := inbound.timestamp(txa, field))), inbound.entered_at)
    delay, specialty = inbound.delay(obx), hospital_service(inbound)
    values: dict[str, Any] = {
        "external_id": txa.text(12),
        "author": inbound.person(txa, 5),
        "type": type_,
        "title": obx.text(3, 2) or obx.text(3, 5),
        "class_": class_of(inbound),
        "at": at,
        "specialty": specialty,
        "label": labels.of_service(inbound.sender, specialty),
        "released_at": inbound.released_at(at, delay),
        "planned_postal_at": inbound.timestamp(zpm, 1),
    }
    attached = (txa.text(16) or f"document.{file.extension}", file.media_type, file.content)

    def apply(patient: Patient) -> None:
        documents.file(inbound.record, inbound.sender, Document(**inbound.data_point(patient.id, **values)), attached)

    return Filing(apply=apply, kind="document", external_id=txa.text(12))


def file_care_plan(inbound: InboundMessage) -> Filing:
    """Store a care plan; an earlier plan with the same number becomes a version."""
    txa, obx = _checked_segments(inbound)
    file = attachments.read_file(inbound, obx, attachments.CARE_PLAN)
    at, specialty = inbound.timestamp(txa, 4) or inbound.entered_at, hospital_service(inbound)
    values: dict[str, Any] = {
        "external_id": txa.text(12),
        "author": inbound.person(txa, 5),
        "name": obx.text(3, 2) or obx.text(3, 5),
        "created_at": at,
        "last_edited_at": at,
        "specialty": specialty,
        "label": labels.of_service(inbound.sender, specialty),
    }
    attached = (txa.text(16) or f"action-plan.{file.extension}", file.media_type, file.content)

    def apply(patient: Patient) -> None:
        care_plans.file(inbound.record, inbound.sender, CarePlan(**inbound.data_point(patient.id, **values)), attached)

    return Filing(apply=apply, kind="care plan", external_id=txa.text(12))


def delete(inbound: InboundMessage) -> Filing:
    """Delete the document; an unknown document or a care plan is not changed."""
    number = inbound.message.value("TXA", 12)

    def apply(patient: Patient) -> None:
        if not documents.delete(inbound.record, patient, inbound.sender, number):
            inbound.notice("documents.deleted", "ignored", f"document [{number}] does not exist: nothing to delete")

    return Filing(apply=apply, kind="document", external_id=number)


def _checked_segments(inbound: InboundMessage) -> tuple[Segment, Segment]:
    """Return TXA and the one OBX. Raises Invalid for several."""
    if len(inbound.message.segments("OBX")) > 1:
        error = Invalid(
            "Only one OBX segment may be provided",
            where="OBX[2]",
            rule="documents.formats",
            instead="a message for each document",
        )
        inbound.refuse(error)
    return inbound.segment("TXA"), inbound.segment("OBX")


def _document_type(inbound: InboundMessage, txa: Segment) -> str:
    # The organisation's own codes win against PKB's.
    types = {**document_types(), **inbound.sender.organisation.code_sets.document_types}
    type_code = txa.text(2)
    if type_code and type_code not in types:
        error = Invalid(
            f"Unknown document type [{type_code}] in TXA-2.1",
            where="TXA-2.1",
            rule="documents.types",
            instead=f"one of: {', '.join(types)}",
        )
        inbound.refuse(error)
    return types.get(type_code, "")


@cache
def document_types() -> dict[str, str]:
    """Return PKB's document type for a code of PKBCS05."""
    types: dict[str, str] = datafiles.read_toml(datafiles.beside_code("hl7/document_types.toml"))["types"]
    return types
