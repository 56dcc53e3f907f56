"""ORU^R01 from radiology: one report with its images and files.

Source: *Radiology*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365012682/Radiology
"""

from __future__ import annotations

from typing import Any

from sandbox.base.pauses import with_pauses
from sandbox.domain.data_points import labels, radiology
from sandbox.domain.record import Sender
from sandbox.errors import Invalid
from sandbox.hl7 import attachments
from sandbox.hl7.arrival import Filing
from sandbox.hl7.er7 import Er7Message
from sandbox.hl7.inbound_message import InboundMessage
from sandbox.hl7.messages.oru_panels import Panel, order_number, panels
from sandbox.hl7.patient_visit import hospital_service
from sandbox.model import Patient, RadiologyReport

SYSTEM = "RADIOLOGY"
ATTACHMENT = "ED"
LINE = "<br/>"


def slice_of(message: Er7Message, sender: Sender) -> str:
    """Return the use of an ORU^R01, by MSH-3."""
    system = message.value("MSH", 3)
    return "radiology" if system in (SYSTEM, *sender.organisation.code_sets.radiology_systems) else "laboratory"


def prepare(inbound: InboundMessage) -> Filing:
    """Parse the only report of a message, or its deletion."""
    groups = panels(inbound.message)
    if len(groups) > 1:
        error = Invalid(
            "Only one OBR segment may be provided in a radiology report",
            where="OBR[2]",
            rule="radiology.one-order",
            instead="a message for each report",
        )
        inbound.refuse(error)
    if not groups:
        raise inbound.profile.no_segment("OBR")
    panel = groups[0]
    number = order_number(inbound, groups, needed=True)
    report, files = ({}, []) if panel.deletes else _read_report(inbound, panel)

    def apply(patient: Patient) -> None:
        if panel.deletes:
            if not radiology.delete(inbound.record, patient, inbound.sender, number):
                inbound.notice("results.deleted", "ignored", f"report [{number}] does not exist: nothing to delete")
            return
        incoming = RadiologyReport(**inbound.data_point(patient.id, external_id=number, **report))
        radiology.file(inbound.record, patient, inbound.sender, incoming, files)

    return Filing(apply=apply, kind="radiology report", external_id=number)


def _read_report(inbound: InboundMessage, panel: Panel) -> tuple[dict[str, Any], list[radiology.File]]:
    obr = panel.obr
    inbound.require_in(obr, "a report", f"{panel.place}.")
    at = inbound.timestamp(obr, 7) or inbound.entered_at
    lines, files, delay = list(panel.notes), [], 0
    for number, observation in enumerate(with_pauses(panel.observations)):
        obx, place = observation.obx, f"{observation.place}: "
        inbound.require_in(obx, "a report", place)
        # The delay of the first OBX applies to the report; the others are only checked.
        days = inbound.delay(obx, place, counts=number == 0)
        delay = delay if number else days
        if obx.text(2) == ATTACHMENT:
            file = attachments.read_file(inbound, obx, attachments.RADIOLOGY, place)
            name = obx.text(3, 2) or obx.text(3, 5) or f"attachment.{file.extension}"
            files.append((name, file.media_type, file.content))
        else:
            lines += observation.lines
        lines += observation.notes
    specialty = hospital_service(inbound)
    report = {
        "title": obr.text(4, 2) or obr.text(4, 5),
        "at": at,
        "description": LINE.join(lines) if any(lines) else "",
        "enterer_location": panel.orc.text(13, 9) if panel.orc else "",
        "specialty": specialty,
        "label": labels.of_service(inbound.sender, specialty, obr.text(4)),
        "released_at": inbound.released_at(at, delay, f"{panel.place}.OBX[1]: "),
        "author": inbound.person(obr, 16, f"{panel.place}."),
    }
    return report, files
