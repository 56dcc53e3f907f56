"""How the messages of the samples write the values of the model."""

from __future__ import annotations

from typing import Any

from sandbox.console.doors import hl7_values
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

IDS = {
    "00b6e67a-7a2a-4c2b-8180-60a7da1de808": "MR",
    "ab37b23d-c031-4ced-86aa-2691c368e777": "northmoor_default",
    "b1fca6de-884d-4803-b760-ebd7f8cac475": "northmoor_renal",
    "6384e0b3-7b55-4bcb-91f1-20682cc85dc0": "northmoor_sexual",
    "ATTENDER": "Lindqvist",
    "REFERRER": "Bramhall",
    "CONSULTANT": "Osei",
}
"""Ids of the default world, and roles of the samples → what stands for them in a field."""
TEAMS = ("northmoor_renal", "northmoor_sexual")
"""The teams that a consent is about, which say whether it goes on."""


def profile_of(sample: Sample) -> str:
    """The name of the profile of a sample's message."""
    (type_,) = components(sample.message, "MSH-9") if sample.message else ("",)
    return type_ + USES.get(sample.kind, "") if type_ else ""


def stands_in(message: str, field: str, value: Any, entity: Any) -> bool:
    """Check whether a field of a message contains a value in HL7's format."""
    return any(says(text, value, entity) for text in components(message, field))


def says(text: str, value: Any, entity: Any) -> bool:
    """Check whether the text of a field is a value, or an item of a list, of an entity."""
    if isinstance(value, tuple):
        return any(says(text, item, entity) for item in value)
    if isinstance(value, bool):
        return text.startswith("2027") or hl7_values.says(text, value, entity, TEAMS)
    return hl7_values.says(text, value, entity, (IDS[value],) if value in IDS else ())
