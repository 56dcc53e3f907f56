"""ORU^R01 that is not radiology: laboratory results, textual reports, and measurements.

Sources: *Laboratory*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/3364848908 ; *Send Measurements*,
https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/4718755841
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.base.pauses import with_pauses
from sandbox.domain.data_points import labels, measurements, results
from sandbox.errors import Invalid
from sandbox.hl7.arrival import Filing
from sandbox.hl7.inbound_message import InboundMessage, parse_code
from sandbox.hl7.messages.oru_panels import Observation, Panel, observed_at, order_number, panels
from sandbox.hl7.messages.oru_values import no_value, value_of
from sandbox.hl7.patient_visit import hospital_service
from sandbox.model import Code, LabReport, LabResult, Measurement, Patient

TEXTUAL = ("TX", "FT", "ST")
NOT_STORED = ("D", "W", "X")
"""Values of OBX-11 for results that the laboratory withdrew or never obtained."""

Values = dict[str, Any]


def prepare(inbound: InboundMessage) -> Filing:
    """Parse every panel; deletions are applied before new results."""
    groups = panels(inbound.message)
    deletes = any(panel.deletes for panel in groups)
    tests: list[Values] = []
    measured: list[Values] = []
    codes = measurements.codes_of(inbound.record, inbound.sender)
    for panel in with_pauses(groups):
        if not panel.deletes:
            _read_panel(inbound, panel, codes, tests, measured)
    # One measurement alone needs no number, because nothing has to be kept together.
    number = order_number(inbound, groups, needed=bool(tests) or deletes or len(measured) > 1)
    _check_tests_once(inbound, tests, number)
    report = _report(inbound, groups) if tests else {}

    def apply(patient: Patient) -> None:
        record, sender = inbound.record, inbound.sender
        # Deletions first: a message may replace what it deletes.
        if deletes:
            gone = results.delete(record, patient, sender, number)
            gone += measurements.delete(record, patient, sender, number)
            if not gone:
                inbound.notice("results.deleted", "ignored", f"nothing is stored under [{number}]: nothing to delete")
        start = inbound.data_point(patient.id, external_id=number)
        if tests:
            frame = results.report(record, patient, sender, LabReport(**start, **report))
            results.file(
                record,
                frame,
                [LabResult(**_result_attributes(inbound, start, test), report=frame.id) for test in with_pauses(tests)],
            )
        entries = [
            Measurement(**_result_attributes(inbound, start, measurement)) for measurement in with_pauses(measured)
        ]
        again = measurements.file(record, patient, sender, entries)
        if again:
            inbound.notice(
                "measurements.again", "ignored", f"{again} of {len(entries)} measurements are already stored"
            )

    return Filing(apply=apply, kind="report", external_id=number)


def _result_attributes(inbound: InboundMessage, start: Values, values: Values) -> Values:
    """Build the data point of one result: the message's common attributes, a new id, and the parsed values."""
    author = values.pop("author", None)
    return {
        **start,
        "id": inbound.record.ids.uuid(),
        **({"source": inbound.source(author)} if author else {}),
        **values,
    }


def _read_panel(
    inbound: InboundMessage, panel: Panel, codes: measurements.Codes, tests: list[Values], measured: list[Values]
) -> None:
    author = inbound.person(panel.obr, 16, f"{panel.place}.")
    if _is_textual(panel):
        tests += _textual_report(inbound, panel, author)
        return
    services = panel.obr.text(4), panel.obr.text(4, 4)
    readings: list[Values] = []
    service: Code | None = None
    for observation in with_pauses(panel.observations):
        obx = observation.obx
        inbound.require_in(obx, "a result", f"{observation.place}: ")
        if obx.text(11) in NOT_STORED:
            _note_not_stored(inbound, observation, obx.text(11))
            continue
        test = parse_code(obx, 3)
        unit = obx.text(6, 2) or obx.text(6)
        coded = measurements.recognise(codes, test, unit, services)
        if coded is not None:
            read = _measurement(inbound, panel, observation, test, unit)
            readings.append(read | {"coded": coded, "author": author})
        else:
            _notice_missed(inbound, observation, measurements.missed_by(codes, test, unit))
            # Read once for the panel, and only if it has a laboratory result: else OBR-4 is reported as unused.
            service = service or parse_code(panel.obr, 4)
            tests += _result(inbound, panel, observation, test, service, author)
    measured += measurements.join_pairs(readings)


def _notice_missed(inbound: InboundMessage, observation: Observation, reason: str) -> None:
    """Add a notice that says why a measurement's code is a laboratory result."""
    if not reason:
        return
    field = "3.3" if reason.startswith("coding system") else "6"
    if len(observation.obx.components(6)) > 1 and field == "6":
        reason += "; a ^ in a unit is written \\S\\"
    text = f"{observation.place} is a laboratory result, not a measurement: {reason}"
    inbound.notice("measurements.recognised", "hint", text, observation.obx, field)


def _is_textual(panel: Panel) -> bool:
    """Return whether a panel is a textual report: only text, of one test, with at least two lines."""
    observations = panel.observations
    if not observations or any(observation.obx.text(2) not in TEXTUAL for observation in observations):
        return False
    tests = {(observation.obx.text(3), observation.obx.text(3, 3)) for observation in observations}
    return len(tests) == 1 and sum(len(observation.lines) for observation in observations) > 1


def _note_not_stored(inbound: InboundMessage, observation: Observation, status: str) -> None:
    observation.obx.forget(5)
    inbound.notice("results.not-stored", "ignored", f"not stored, because OBX-11 is {status}", observation.obx)


def _textual_report(inbound: InboundMessage, panel: Panel, author: Any) -> list[Values]:
    first, service = panel.observations[0], parse_code(panel.obr, 4)
    if not service.code:
        error = Invalid(
            f"{panel.place}.OBR-4.1 (service identifier) must be provided. You provided []",
            where=inbound.at(panel.obr, 4),
            rule="results.textual",
            instead="the code of the report in OBR-4.1",
        )
        inbound.refuse(error)
    if first.obx.text(11) in NOT_STORED:
        for observation in panel.observations:
            _note_not_stored(inbound, observation, first.obx.text(11))
        return []
    lines = [
        *panel.notes,
        *(line for observation in panel.observations for line in (*observation.lines, *observation.notes)),
    ]
    if not any(line.strip() for line in lines):
        inbound.refuse(no_value(inbound, first))
    at = observed_at(inbound, panel, first)
    return [
        {
            **_common_values(inbound, panel, first, service, at),
            "author": author,
            "service": service,
            "textual": True,
            "text": "\n".join(lines),
        }
    ]


def _result(
    inbound: InboundMessage, panel: Panel, observation: Observation, test: Code, service: Code, author: Any
) -> list[Values]:
    value = value_of(inbound, observation)
    if value is None:
        text = "a ratio or range is not stored; only a comparator and a number are stored"
        inbound.notice("results.structured-numeric", "ignored", text, observation.obx, "5")
        return []
    obx, at = observation.obx, observed_at(inbound, panel, observation)
    return [
        {
            **_common_values(inbound, panel, observation, test, at),
            **value,
            "author": author,
            "service": service,
            "unit": parse_code(obx, 6),
            "reference_range": obx.text(7),
            "abnormal_flag": obx.text(8),
            "comments": "\n".join(observation.notes),
        }
    ]


def _common_values(inbound: InboundMessage, panel: Panel, observation: Observation, test: Code, at: datetime) -> Values:
    delay = inbound.delay(observation.obx, f"{observation.place}: ")
    specialty = hospital_service(inbound)
    return {
        "code": test,
        "at": at,
        "specialty": specialty,
        "label": labels.of_service(inbound.sender, specialty, panel.obr.text(4), test),
        "released_at": inbound.released_at(at, delay, f"{observation.place}: "),
    }


def _measurement(inbound: InboundMessage, panel: Panel, observation: Observation, test: Code, unit: str) -> Values:
    value = value_of(inbound, observation) or {}
    if value.get("comparator") or not value:
        text = "not stored: a measurement stores only a plain number"
        inbound.notice("measurements.recognised", "ignored", text, observation.obx, "5")
    return {
        "code": test,
        "at": observed_at(inbound, panel, observation),
        "specialty": hospital_service(inbound),
        "unit": unit,
        "value": None if value.get("comparator") else value.get("value"),
        "text": value.get("text", ""),
    }


def _check_tests_once(inbound: InboundMessage, tests: list[Values], number: str) -> None:
    seen: set[tuple[str, str, str]] = set()
    for test in tests:
        key = results.test_of(test["code"])
        if key in seen:
            error = Invalid(
                f"Test [{key[0] or key[1]}] occurs more than once under filler order number [{number}]",
                rule="results.one-value",
                instead="each test once in a message, or a separate filler order number for each",
            )
            inbound.refuse(error)
        seen.add(key)


def _report(inbound: InboundMessage, groups: list[Panel]) -> Values:
    """Return the attributes of the report, from the first panel."""
    if not groups:
        raise inbound.profile.no_segment("OBR")
    first = groups[0]
    return {
        "discipline": first.obr.text(24),
        "enterer_location": first.orc.text(13, 9) if first.orc else "",
        "received_at": inbound.timestamp(first.obr, 14),
    }
