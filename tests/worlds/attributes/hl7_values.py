"""How HL7 messages write the values of the model."""

from __future__ import annotations

import base64
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sandbox.clock import HOME, LocalDay
from tests.worlds.attributes.doors import components
from tests.worlds.attributes.samples import Sample

USES = {
    "lab_report": " laboratory",
    "lab_result": " laboratory",
    "measurement": " laboratory",
    "radiology_report": " radiology",
    "document": " document",
    "care_plan": " care plan",
}
"""Kind → what distinguishes the profile of its message from others of the same type."""

WORDS = {
    "IN_PATIENT": "I",
    "EMERGENCY": "E",
    "In patient": "I",
    "MALE": "M",
    "FEMALE": "F",
    "INDETERMINATE": "I",
    "CLINIC_LETTER": "CL",
    "DISCHARGE_SUMMARY": "DS",
    "NHS": "NHS",
    "00b6e67a-7a2a-4c2b-8180-60a7da1de808": "MR",
    "ab37b23d-c031-4ced-86aa-2691c368e777": "northmoor_default",
    "b1fca6de-884d-4803-b760-ebd7f8cac475": "northmoor_renal",
    "6384e0b3-7b55-4bcb-91f1-20682cc85dc0": "northmoor_sexual",
    "ATTENDER": "Lindqvist",
    "REFERRER": "Bramhall",
    "CONSULTANT": "Osei",
}
"""Constants of the model, and ids → what stands for them in a field."""

BOOLEANS = {
    True: ("Y", "REGISTERED", "northmoor_renal", "northmoor_sexual"),
    False: ("N", "NOT_REGISTERED", "northmoor_renal", "northmoor_sexual"),
}
"""A flag → what says it: a word, or the team that a consent is about."""

EVENTS = {
    "A01": "ADMIT",
    "A02": "TRANSFER",
    "A03": "DISCHARGE",
    "A05": "PRE_ADMIT",
    "A14": "PENDING_ADMIT",
    "A08": "UPDATE",
}
"""Trigger event → the event of an encounter."""
TYPES = {"PDF": "application/pdf", "HTML": "text/html", "MSWORD": "application/msword", "PNG": "image/png"}


def profile_of(sample: Sample) -> str:
    """The name of the profile of a sample's message."""
    (type_,) = components(sample.message, "MSH-9") if sample.message else ("",)
    return type_ + USES.get(sample.kind, "") if type_ else ""


def stands_in(message: str, field: str, value: Any, entity: Any) -> bool:
    """Whether a field of a message says a value, in HL7's way of writing it."""
    return any(says(text, value, entity) for text in components(message, field))


def says(text: str, value: Any, entity: Any) -> bool:
    """Whether the text of a field is a value; `entity` is what it belongs to."""
    if isinstance(value, bool):
        return text in BOOLEANS[value] or text.startswith("2027")
    if isinstance(value, LocalDay):
        return text == f"{value:%Y%m%d}"
    if isinstance(value, datetime):
        local = value.astimezone(HOME)
        written = (f"{local:%Y%m%d%H%M}", f"{local:%Y%m%d%H%M%S}", f"{value:%Y%m%d%H%M%S+0000}")
        return text in written or text == _days(entity, value)
    if isinstance(value, date):
        return text == f"{value:%Y%m%d}"
    if isinstance(value, Decimal):
        return text == f"{value:f}" or text.endswith(f"^{value:f}")
    if isinstance(value, bytes):
        return text in (value.decode("latin-1"), base64.b64encode(value).decode())
    if isinstance(value, tuple):
        return any(says(text, item, entity) for item in value)
    word = WORDS.get(value, value)
    is_part = word in text or (len(text) > 3 and text in value) or text.lower() == value.partition("/")[0]
    return is_part or EVENTS.get(text) == value or TYPES.get(text) == value or text in _person(value)


def _days(entity: Any, value: datetime) -> str:
    """The days of a delay, where the value is the end of one."""
    at = getattr(entity, "at", None)
    return str((value - at).days) if at is not None and value > at else ""


def _person(name: str) -> tuple[str, ...]:
    """A person's whole name as XCN; the title last, the family name first."""
    words = name.split(" ")
    if len(words) != 4:
        return ()
    title, given_name, middle, family = words
    return (f"^{family}^{given_name}^{middle}^^{title}",)
