"""The messages that PKB accepts: type and trigger, with the use if a type has several → its handler."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.domain.record import Sender
from sandbox.hl7.arrival import clinical
from sandbox.hl7.er7 import Er7Message
from sandbox.hl7.inbound_message import Handler
from sandbox.hl7.messages import adt_demographics, adt_encounters, mdm, oru_laboratory, oru_radiology, qry_a19, siu
from sandbox.hl7.profiles import Profile, profiles

MESSAGES: dict[str, Handler] = {
    "ADT^A28": adt_demographics.receive,
    "ADT^A31": adt_demographics.receive,
    "ADT^A01": clinical(adt_encounters.adds("ADMIT")),
    "ADT^A02": clinical(adt_encounters.adds("TRANSFER")),
    "ADT^A03": clinical(adt_encounters.adds("DISCHARGE")),
    "ADT^A05": clinical(adt_encounters.adds("PRE_ADMIT")),
    "ADT^A08": clinical(adt_encounters.update),
    "ADT^A11": clinical(adt_encounters.cancels("ADMIT")),
    "ADT^A12": clinical(adt_encounters.cancels("TRANSFER")),
    "ADT^A13": clinical(adt_encounters.cancels("DISCHARGE")),
    "ADT^A14": clinical(adt_encounters.adds("PENDING_ADMIT")),
    "ADT^A27": clinical(adt_encounters.cancels("PENDING_ADMIT")),
    "ADT^A38": clinical(adt_encounters.cancels("PRE_ADMIT")),
    "MDM^T02 document": clinical(mdm.file_document),
    "MDM^T02 care plan": clinical(mdm.file_care_plan),
    "MDM^T11": clinical(mdm.delete),
    "ORU^R01 laboratory": clinical(oru_laboratory.prepare),
    "ORU^R01 radiology": clinical(oru_radiology.prepare),
    "QRY^A19": qry_a19.receive,
    "SIU^S12": clinical(siu.create),
    "SIU^S13": clinical(siu.update),
    "SIU^S14": clinical(siu.update),
    "SIU^S15": clinical(siu.cancel),
    "SIU^S26": clinical(siu.mark_missed),
}
"""A handler applies the message and returns the reply, or None for a plain `AA`. Each has a facts file of the same
name.
"""

SLICES: dict[str, Callable[[Er7Message, Sender], str]] = {
    "MDM^T02": mdm.slice_of,
    "ORU^R01": oru_radiology.slice_of,
}
"""A type with several uses → the function that determines the use of a message."""


def profile_of(message: Er7Message, sender: Sender) -> Profile:
    """Return the profile of a message of a supported type."""
    slice_of = SLICES.get(message.type)
    name = f"{message.type} {slice_of(message, sender)}" if slice_of else message.type
    return profiles()[name]
