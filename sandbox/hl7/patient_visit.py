"""PV1: the patient class, where, with whom, and for which hospital service.

Source: *Code sets*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365012136
"""

from __future__ import annotations

from functools import cache

from sandbox import datafiles
from sandbox.hl7.inbound_message import InboundMessage
from sandbox.model import Participant

DOCTORS = ((7, "ATTENDER"), (8, "REFERRER"), (9, "CONSULTANT"))
"""The fields of PV1 that name doctors, and their roles."""


def patient_class(code: str) -> str:
    """The class of PKBCS04 for what PV1-2 says; `OTHER` for anything unknown or blank."""
    return _classes().get(code, "OTHER")


def class_of(inbound: InboundMessage) -> str:
    """The class that PV1-2 names; `OTHER` for a code that PKB does not know, with a notice; empty where it is blank."""
    pv1 = inbound.message.segment("PV1")
    code = pv1.text(2) if pv1 else ""
    if code and code not in _classes():
        text = f"[{code}] is not one of PKB's patient classes ({', '.join(_classes())}) and counts as OTHER"
        inbound.notice("hl7.patient-class", "hint", text, pv1, "2")
    return patient_class(code) if code else ""


def letter_of(class_: str) -> str:
    """What PV1-2 says for a patient class; blank for `OTHER`."""
    return next((letter for letter, name in _classes().items() if name == class_), "")


@cache
def _classes() -> dict[str, str]:
    classes: dict[str, str] = datafiles.read_toml(datafiles.beside_code("hl7/patient_class.toml"))["classes"]
    return classes


def hospital_service(inbound: InboundMessage) -> str:
    """PV1-10.1; empty where there is none."""
    pv1 = inbound.message.segment("PV1")
    return pv1.text(10) if pv1 else ""


def doctors(inbound: InboundMessage) -> tuple[Participant, ...]:
    """The doctors of PV1-7, -8 and -9. Raises Invalid for one without a family name."""
    pv1 = inbound.message.segment("PV1")
    named = ((inbound.person(pv1, field), role) for field, role in DOCTORS)
    return tuple(Participant(name=name, role=role) for name, role in named if name is not None)
