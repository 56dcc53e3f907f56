"""The messages that a hospital would send about a patient: one message for each fact of a history.

This is the reverse of `messages/`: from PKB's entities to ER7, in the fields of the facts files.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from sandbox.hl7.escapes import escape
from sandbox.hl7.messages.mdm import document_types
from sandbox.hl7.patient_visit import letter_of
from sandbox.model import (
    Appointment,
    Attachment,
    CarePlan,
    Code,
    Document,
    Encounter,
    EncounterEvent,
    LabReport,
    LabResult,
    Measurement,
    Patient,
    RadiologyReport,
)
from sandbox.synthetic.people.told import History

SENDERS = {"ADT": "PAS", "SIU": "PAS", "ORU": "LIMS4", "MDM": "LETTERS"}
"""Message type → MSH-3, the system that sends it."""
EVENTS = {"ADMIT": "A01", "TRANSFER": "A02", "DISCHARGE": "A03"}
"""Event of an encounter → trigger event."""
SEXES = {"MALE": "M", "FEMALE": "F", "INDETERMINATE": "I", "UNKNOWN": "U"}
Fields = dict[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hl7Feed:
    """The sender: MSH-4, and the assigning authority and type code of its hospital numbers, if any."""

    facility: str = "NORTHMOOR"
    authority: str = ""
    type_code: str = ""

    def messages(self, history: History) -> Iterator[tuple[str, str]]:
        """Iterate over type and text of each message about the patient; the first creates the patient."""
        yield "ADT^A28", self._demographics(history)
        for visit in history.encounters:
            yield from ((f"ADT^{EVENTS[event.type]}", self._visit(history, visit, event)) for event in visit.events)
        for appointment in history.appointments:
            yield "SIU^S12", self._appointment(history, appointment)
        for report, results in history.results:
            yield "ORU^R01", self._results(history, report, results)
        if history.measurements:
            yield "ORU^R01", self._measurements(history, history.measurements)
        for picture in history.radiology:
            yield "ORU^R01", self._radiology(history, picture)
        for document, attachment in history.documents:
            yield "MDM^T02", self._document(history, document, attachment)
        for plan, attachment in history.plans:
            yield "MDM^T02", self._plan(history, plan, attachment)

    def _demographics(self, history: History) -> str:
        patient = history.patient
        pid = self._pid(patient) | {
            8: SEXES[patient.gender],
            11: field(patient.address.line1, patient.address.line2, patient.address.city, patient.address.state,
                      patient.address.postcode, patient.address.country),
            13: "~".join((field(patient.phone, "PRS"), field("", "NET", "", patient.email))),
            15: patient.language,
            29: timestamp(patient.died_at),
            30: "Y" if patient.deceased else "N",
        }  # fmt: skip
        return self._message(
            "ADT^A28", patient.entered_at, f"{patient.legacy_id}-A28", [("PID", pid), *_lists(history)]
        )

    def _visit(self, history: History, visit: Encounter, event: EncounterEvent) -> str:
        trigger, at = EVENTS[event.type], timestamp(event.at)
        pv1 = {
            2: letter_of(event.class_),
            3: field(*[""] * 8, event.location),
            10: visit.specialty,
            19: visit.external_id,
            44: at if event.type == "ADMIT" else "",
            45: at if event.type == "DISCHARGE" else "",
        }
        segments = [("EVN", {1: trigger, 2: at}), ("PID", self._pid(history.patient)), ("PV1", pv1)]
        return self._message(f"ADT^{trigger}", event.at, f"{visit.external_id}-{trigger}", segments)

    def _appointment(self, history: History, appointment: Appointment) -> str:
        sch = {
            1: appointment.external_id,
            7: field("", appointment.subject),
            11: field("", "", "", timestamp(appointment.start_at), timestamp(appointment.end_at)),
        }
        pv1 = {3: field(*[""] * 8, appointment.location), 10: appointment.specialty}
        seen_by = [
            ("AIP", {1: "1", 3: field("", name.family, name.given, name.middle, "", name.title)})
            for name in (participant.name for participant in appointment.participants)
        ]
        segments = [("PID", self._pid(history.patient)), ("SCH", sch), ("PV1", pv1), ("RGS", {1: "1"}), *seen_by]
        return self._message("SIU^S12", appointment.entered_at, appointment.external_id, segments)

    def _results(self, history: History, report: LabReport, results: Iterable[LabResult]) -> str:
        lab_results = list(results)
        obr = {
            1: "1",
            3: report.external_id,
            4: coded(lab_results[0].service),
            7: timestamp(lab_results[0].at),
            14: timestamp(report.received_at),
            24: report.discipline,
            25: "F",
        }
        observed = [
            ("OBX", {1: str(number), 2: "NM", 3: coded(lab_result.code), 5: decimal_text(lab_result.value),
                     6: escape(lab_result.unit.code), 7: escape(lab_result.reference_range),
                     8: lab_result.abnormal_flag, 11: "F"})
            for number, lab_result in enumerate(lab_results, 1)
        ]  # fmt: skip
        segments = [("PID", self._pid(history.patient)), ("OBR", obr), *observed]
        return self._message("ORU^R01", report.entered_at, report.external_id, segments)

    def _measurements(self, history: History, measured: Iterable[Measurement]) -> str:
        readings = list(measured)
        first = readings[0]
        # A blood pressure is two observations in HL7, and one measurement with two values in PKB's record.
        halves = [(reading.code, reading.value, reading.unit) for reading in readings]
        halves += [(reading.code2, reading.value2, reading.unit) for reading in readings if reading.code2]
        obr = {1: "1", 3: first.external_id, 4: field("OBS", "Observations"), 7: timestamp(first.at)}
        observed = [
            ("OBX", {1: str(number), 2: "NM", 3: coded(code), 5: decimal_text(value), 6: unit, 11: "F"})
            for number, (code, value, unit) in enumerate(halves, 1)
        ]
        segments = [("PID", self._pid(history.patient)), ("OBR", obr), *observed]
        return self._message("ORU^R01", first.entered_at, first.external_id, segments, sender="WARDOBS")

    def _radiology(self, history: History, report: RadiologyReport) -> str:
        obr = {1: "1", 3: report.external_id, 4: field("", report.title), 7: timestamp(report.at), 25: "F"}
        obx = {1: "1", 2: "TX", 3: field("RPT", "Report"), 5: escape(report.description), 11: "F"}
        segments = [("PID", self._pid(history.patient)), ("OBR", obr), ("OBX", obx)]
        return self._message("ORU^R01", report.entered_at, report.external_id, segments, sender="RADIOLOGY")

    def _document(self, history: History, document: Document, attachment: Attachment) -> str:
        type_ = next(code for code, name in document_types().items() if name == document.type)
        pv1 = {2: letter_of(document.class_), 10: document.specialty}
        txa = {2: type_, 4: timestamp(document.at), 12: document.external_id, 16: attachment.filename, 17: "AU"}
        content = base64.b64encode(attachment.content).decode()
        obx = {1: "1", 2: "ED", 3: field(type_, document.title), 5: field("", "TEXT", "PDF", "Base64", content)}
        segments = [("PID", self._pid(history.patient)), ("PV1", pv1), ("TXA", txa), ("OBX", obx)]
        return self._message("MDM^T02", document.entered_at, document.external_id, segments)

    def _plan(self, history: History, plan: CarePlan, attachment: Attachment) -> str:
        txa = {2: "CP", 4: timestamp(plan.created_at), 12: plan.external_id, 17: "AU"}
        obx = {
            1: "1",
            2: "ED",
            3: field("CP", plan.name),
            5: field("", "TEXT", "HTML", "A", attachment.content.decode()),
        }
        segments = [("PID", self._pid(history.patient)), ("TXA", txa), ("OBX", obx)]
        return self._message("MDM^T02", plan.entered_at, plan.external_id, segments)

    def _pid(self, patient: Patient) -> Fields:
        name, numbers = patient.name, []
        for identifier in patient.identifiers:
            if identifier.type == "NHS":
                numbers.append(f"{identifier.value}^^^NHS^NH{{status:01}}")
            elif self.authority:
                numbers.append(field(identifier.value, "", "", self.authority, self.type_code))
        named = field(name.family, name.given, name.middle, "", name.title)
        return {3: "~".join(numbers), 5: named, 7: timestamp(patient.date_of_birth)}

    def _message(
        self, type_: str, at: datetime, control_id: str, segments: Iterable[tuple[str, Fields]], sender: str = ""
    ) -> str:
        system = sender or SENDERS[type_[:3]]
        msh = f"MSH|^~\\&|{system}|{self.facility}|HL7API|PKB|{timestamp(at)}||{type_}|{control_id}|P|2.4"
        return "\r".join([msh, *(segment(name, fields) for name, fields in segments)]) + "\r"


def _lists(history: History) -> Iterator[tuple[str, Fields]]:
    """Iterate over the segments of allergies, diagnoses and medications, after a patient's demographics."""
    for number, allergy in enumerate(history.allergies, 1):
        onset = timestamp(allergy.onset_at.date() if allergy.onset_at else None)
        yield "AL1", {1: str(number), 3: coded(allergy.allergen), 4: allergy.severity.code,
                      5: "~".join(escape(reaction) for reaction in allergy.reactions), 6: onset}  # fmt: skip
    for number, diagnosis in enumerate(history.diagnoses, 1):
        yield "DG1", {1: str(number), 3: coded(diagnosis.diagnosis), 5: timestamp(diagnosis.diagnosed_at)}
    for medication in history.medications:
        start = timestamp(medication.start_at)
        timing = field("", medication.frequency, "", start)
        yield "ZRX", {1: timing, 2: coded(medication.substance), 3: medication.dose, 5: coded(medication.dose_units)}


def segment(name: str, fields: Fields) -> str:
    """Build a segment from fields by number, already escaped."""
    return "|".join([name, *(fields.get(number, "") for number in range(1, max(fields) + 1))]).rstrip("|")


def field(*components: str) -> str:
    """Build a field from components, escaped; empty ones at the end are omitted."""
    return "^".join(escape(component) for component in components).rstrip("^")


def coded(code: Code | None) -> str:
    return field(code.code, code.text, code.system) if code else ""


def decimal_text(value: Decimal | None) -> str:
    return "" if value is None else str(value)


def timestamp(at: datetime | date | None) -> str:
    """Format a TS: a time in UTC with its offset, or a day."""
    if isinstance(at, datetime):
        return at.astimezone(UTC).strftime("%Y%m%d%H%M%S+0000")
    return at.strftime("%Y%m%d") if at else ""
