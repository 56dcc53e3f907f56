"""QRY^A19: the organisation's patient list, answered with ADR^A19.

Source: *QRY A19*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365012701
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox import facts
from sandbox.base.whole_numbers import parse_digits
from sandbox.domain.patients import roll
from sandbox.domain.patients.identifiers import PUBLIC_ID
from sandbox.domain.patients.national_ids import national_id_types
from sandbox.errors import Invalid
from sandbox.hl7 import timestamps
from sandbox.hl7.acknowledgment import header, segment
from sandbox.hl7.escapes import escape
from sandbox.hl7.inbound_message import InboundMessage
from sandbox.hl7.segments import Segment
from sandbox.model import LocalIdType, Patient

LOCAL = "MR"
MOST_ROWS: int = facts.value("hl7.query-rows")
STATUSES = {"REGISTERED": True, "NOT_REGISTERED": False}


def receive(inbound: InboundMessage) -> str:
    """Build the response to a query: PKB's MSH and MSA, the query echoed, and a PID for each patient."""
    qrd, qrf = inbound.segment("QRD"), inbound.message.segment("QRF")
    filter_ = qrd.text(9) or "DEM"
    if filter_ not in FILTERS:
        error = Invalid(
            f"Unknown query filter [{filter_}]", where="QRD-9.1", rule="hl7.query-filter", instead="DEM, APN or STA"
        )
        inbound.refuse(error)
    patients, continued = FILTERS.get(filter_, _registration_status)(inbound, qrd, qrf)
    lines = [header(inbound.message, "ADR^A19", inbound.record.now()), f"MSA|AA|{escape(inbound.message.control_id)}"]
    # The reply has the standard delimiters, even if the query has others.
    lines += [query_segment.echo for query_segment in (qrd, qrf) if query_segment is not None]
    for number, patient in enumerate(patients, 1):
        lines.append(_pid(inbound, number, patient))
        if filter_ == "STA":
            lines.append(_registration(patient))
    if continued:
        # The continuation pointer, which the next query repeats in QRF-5.
        lines.append(segment("DSC", patients[-1].id))
    return "\r".join(lines)


def _demographics(inbound: InboundMessage, qrd: Segment, qrf: Segment | None) -> tuple[list[Patient], bool]:
    store, sender = inbound.record.store, inbound.sender
    wanted = qrd.text(8)
    if wanted:
        patients = roll.by_number(store, sender, wanted, local=qrd.value(8, 13) == LOCAL)
        inbound.subjects.extend(patient.id for patient in patients[:1])
    else:
        patients = roll.identified(roll.members(store, sender))
    start = inbound.timestamp(qrf, 2) if qrf else None
    end = inbound.timestamp(qrf, 3) if qrf else None
    return roll.changed_between(patients, start, end), False


def _all_patients(inbound: InboundMessage, qrd: Segment, qrf: Segment | None) -> tuple[list[Patient], bool]:
    return roll.members(inbound.record.store, inbound.sender), False


def _registration_status(inbound: InboundMessage, qrd: Segment, qrf: Segment | None) -> tuple[list[Patient], bool]:
    patients = roll.members(inbound.record.store, inbound.sender)
    status, start = qrd.text(11), inbound.timestamp(qrf, 2) if qrf else None
    if status:
        patients = _with_status(inbound, patients, status)
        patients = [p for p in patients if not start or (p.registration_changed_at or p.created_at) >= start]
    else:
        patients = roll.changed_between(patients, start, None)
    # Public ids are UUIDs, which count the same in either case (RFC 9562, 4).
    last = inbound.record.store.find_one(Patient, qrf.text(5).lower()) if qrf and qrf.text(5) else None
    if last is not None:
        # By the order of the list, not by position: patients who came or left meanwhile shift no page.
        patients = [patient for patient in patients if roll.update_order(patient) > roll.update_order(last)]
    most = _most_rows(inbound, qrd)
    return patients[:most], len(patients) > most


def _with_status(inbound: InboundMessage, patients: list[Patient], status: str) -> list[Patient]:
    if status not in STATUSES:
        error = Invalid(
            f"Unknown registration status [{status}]",
            where="QRD-11.1",
            rule="hl7.query-status",
            instead="REGISTERED or NOT_REGISTERED",
        )
        inbound.refuse(error)
    return [patient for patient in patients if patient.registered is STATUSES.get(status)]


def _most_rows(inbound: InboundMessage, qrd: Segment) -> int:
    if not qrd.has(7):
        return MOST_ROWS
    if qrd.value(7, 2) != "RD":
        error = Invalid(
            "QRD-7.2 must be RD", where="QRD-7.2", rule="hl7.query-rows", instead="a number and RD, as in 100^RD"
        )
        inbound.refuse(error)
    number = qrd.value(7)
    rows = parse_digits(number)
    if not rows:
        error = Invalid(
            f"QRD-7.1 must be a number of rows. You provided [{number}]",
            where="QRD-7.1",
            rule="hl7.query-rows",
            instead=f"a number from 1, as in 100^RD; numbers over {MOST_ROWS:,} count as {MOST_ROWS:,}",
        )
        inbound.refuse(error)
        return MOST_ROWS
    return min(rows, MOST_ROWS)


def _pid(inbound: InboundMessage, number: int, patient: Patient) -> str:
    """Build a PID with identifiers in PID-3 and PID-4, name, date of birth and postcode: PKB returns no other
    demographics.
    """
    ids = [_identifier(inbound, identifier.type, identifier.value) for identifier in patient.identifiers]
    # Local numbers of other organisations are left out.
    known_ids = [text for text in ids if text]
    public = f"{patient.id}^^^{PUBLIC_ID[0]}^{PUBLIC_ID[1]}"
    name = patient.name
    xpn = "^".join(escape(part) for part in (name.family, name.given, name.middle, "", name.title)).rstrip("^")
    # Not `strftime`, which does not pad a year before 1000 on every system.
    born = patient.date_of_birth.isoformat().replace("-", "") if patient.date_of_birth else ""
    postcode = f"^^^^{escape(patient.address.postcode)}" if patient.address.postcode else ""
    return segment(
        "PID", str(number), "", "~".join([*known_ids, public]), "~".join(known_ids), xpn, "", born, "", "", "", postcode
    )


def _identifier(inbound: InboundMessage, type_: str, value: str) -> str:
    """Format an identifier with its authority and type code; empty for another organisation's local number."""
    national = national_id_types().get(type_)
    if national:
        return f"{escape(value)}^^^{national.assigning_authority}^{national.type_code}"
    local = inbound.record.store.find_one(LocalIdType, type_)
    if local is None or local.organisation != inbound.sender.organisation.id:
        return ""
    return f"{escape(value)}^^^{escape(local.assigning_authority)}^{escape(local.type_code)}"


def _registration(patient: Patient) -> str:
    status = "REGISTERED" if patient.registered else "NOT_REGISTERED"
    return segment("ZRS", status, timestamps.format_timestamp(patient.registration_changed_at or patient.created_at))


Lookup = Callable[[InboundMessage, Segment, Segment | None], tuple[list[Patient], bool]]
FILTERS: dict[str, Lookup] = {"DEM": _demographics, "APN": _all_patients, "STA": _registration_status}
"""QRD-9.1 → a function that returns the patients, and whether more remain."""
