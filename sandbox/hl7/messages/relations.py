"""PD1, ROL and NK1, as PKB has announced them: the general practitioner, and next of kin.

Sources: *GP details* (roadmap),
https://sites.google.com/a/patientsknowbest.com/api-documentation/home/hl7-api/roadmap/gp-details ; *NK1* (roadmap),
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364947275
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.base.pauses import with_pauses
from sandbox.domain.patients import relations
from sandbox.hl7 import timestamps
from sandbox.hl7.escapes import NULL
from sandbox.hl7.inbound_message import InboundMessage
from sandbox.hl7.pid import PHONE_PRECEDENCE, gender_of
from sandbox.hl7.segments import Segment
from sandbox.model import Address, GeneralPractitioner, Name, NextOfKin

GP_ROLE = "PP"
RELATIONSHIPS = ("MTH", "SIS", "BRO", "UNK")
"""The codes of HL7 table 0063 that PKB shows; any other code counts as unknown."""

File = Callable[[str], None]
"""Stores the parsed segments once the patient's id is known."""


def announced_data(inbound: InboundMessage) -> list[File]:
    """Parse the announced segments that are switched on and present."""
    rules = inbound.record.rules
    filed: list[File] = []
    if rules.gp_roadmap and (practitioner := _practitioner(inbound)):
        filed.append(
            lambda patient: relations.file_practitioner(
                inbound.record, _general_practitioner(inbound, patient, practitioner)
            )
        )
    kin = _next_of_kin(inbound) if rules.nk1_roadmap else None
    if kin is not None:
        filed.append(lambda patient: _replace_kin(inbound, patient, kin))
    return filed


def _practitioner(inbound: InboundMessage) -> dict[str, Any]:
    """Parse the GP and practice of PD1; a ROL with the role of GP takes precedence."""
    pd1 = inbound.message.segment("PD1")
    practitioner = {"practice": pd1.text(3), "practice_code": pd1.text(3, 3), **_gp(inbound, pd1, 4)} if pd1 else {}
    for rol in with_pauses(inbound.message.segments("ROL")):
        if rol.text(3) == GP_ROLE:
            contact = {"address": _address(rol, 11), "email": rol.text(12, 4), "phone": rol.text(12, 7)}
            practitioner = {**practitioner, **_gp(inbound, rol, 4), **contact}
    return practitioner if any(practitioner.values()) else {}


def _gp(inbound: InboundMessage, segment: Segment, field: int) -> dict[str, Any]:
    name = inbound.person(segment, field)
    return {"number": segment.text(field), "name": name} if name else {}


def _general_practitioner(inbound: InboundMessage, patient: str, values: dict[str, Any]) -> GeneralPractitioner:
    return GeneralPractitioner(**_common_attributes(inbound, patient), **values)


def _replace_kin(inbound: InboundMessage, patient: str, kin: list[dict[str, Any]]) -> None:
    entries = [NextOfKin(**_common_attributes(inbound, patient), **values) for values in kin]
    relations.replace_next_of_kin(inbound.record, patient, inbound.sender, entries)


def _common_attributes(inbound: InboundMessage, patient: str) -> dict[str, Any]:
    return {
        "id": inbound.record.ids.uuid(),
        "patient": patient,
        "source": inbound.source(),
        "entered_at": inbound.entered_at,
    }


def _next_of_kin(inbound: InboundMessage) -> list[dict[str, Any]] | None:
    """Return the NK1 segments numbered 1, 2, 3 … and ignore others; empty for the null in the only one; None without
    any.
    """
    segments = inbound.message.segments("NK1")
    if len(segments) == 1 and segments[0].value(1) == NULL:
        return []
    relatives: list[dict[str, Any]] = []
    for nk1 in segments:
        if nk1.text(1) == str(len(relatives) + 1):
            relatives.append(_kin(inbound, nk1))
    return relatives or None


def _kin(inbound: InboundMessage, nk1: Segment) -> dict[str, Any]:
    family, given_name, middle, title = (nk1.text(2, component) for component in (1, 2, 3, 5))
    relationship = nk1.text(3)
    telecom = [repetition for repetition in nk1.each(40, 1, 2, 4) if repetition.component(1) or repetition.component(4)]
    born = None
    with inbound.attempt():
        born = timestamps.parse_date(nk1.text(16), "NK1-16.1")
    numbers = {
        repetition.component(2): repetition.component(1)
        # Reversed, so that the first number of a use replaces later ones.
        for repetition in reversed(telecom)
        if repetition.component(2) != "NET"
    }
    return {
        "name": Name(family=family, given=given_name, middle=middle, title=title),
        "relationship": relationship if relationship in RELATIONSHIPS else "UNK",
        "role": nk1.text(7),
        "address": _address(nk1, 4),
        "gender": gender_of(nk1.text(15)) or "UNKNOWN",
        "date_of_birth": born,
        "identifier": nk1.text(33),
        "phone": next((numbers[use] for use in PHONE_PRECEDENCE if use in numbers), ""),
        "email": next(
            (
                repetition.component(4) or repetition.component(1)
                for repetition in telecom
                if repetition.component(2) == "NET"
            ),
            "",
        ),
    }


def _address(segment: Segment, field: int) -> Address:
    line1, line2, city, state, postcode, country = segment.texts(field, 6)
    return Address(line1=line1, line2=line2, city=city, state=state, postcode=postcode, country=country)
