"""PV1: patient class, location, doctors and hospital service.

Source: *Code sets*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365012136
"""

from __future__ import annotations

from functools import cache

from sandbox.base import datafiles
from sandbox.hl7.inbound_message import InboundMessage
from sandbox.model import Participant

DOCTORS = ((7, "ATTENDER"), (8, "REFERRER"), (9, "CONSULTANT"))
"""The fields of PV1 with doctors, and their roles."""


def patient_class(code: str) -> str:
    """Return the class of PKBCS04 for PV1-2; `OTHER` if it is unknown or blank."""
    return _classes().get(code, "OTHER")


def class_of(inbound: InboundMessage) -> str:
    """Return the class for PV1-2; `OTHER` for an unknown code, with a notice; empty if it is blank."""
    pv1 = inbound.message.segment("PV1")
    code = pv1.text(2) if pv1 else ""
    if code and code not in _classes():
        text = f"[{code}] is not one of PKB's patient classes ({', '.join(_classes())}) and counts as OTHER"
        inbound.notice("hl7.patient-class", "hint", text, pv1, "2")
    return patient_class(code) if code else ""


def letter_of(class_: str) -> str:
    """Return PV1-2 for a patient class; blank for `OTHER`."""
    return next((letter for letter, name in _classes().items() if name == class_), "")


@cache
def _classes() -> dict[str, str]:
    classes: dict[str, str] = datafiles.read_toml(datafiles.beside_code("hl7/patient_class.toml"))["classes"]
    return classes


def hospital_service(inbound: InboundMessage) -> str:
    """Return PV1-10.1; empty if there is none."""
    pv1 = inbound.message.segment("PV1")
    return pv1.text(10) if pv1 else ""


def doctors(inbound: InboundMessage) -> tuple[Participant, ...]:
    """Parse the doctors of PV1-7, -8 and -9. Raises Invalid for one without a family name."""
    pv1 = inbound.message.segment("PV1")
    named = ((inbound.person(pv1, field), role) for field, role in DOCTORS)
    return tuple(Participant(name=name, role=role) for name, role in named if name is not None)
