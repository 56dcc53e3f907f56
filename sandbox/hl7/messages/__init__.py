"""The messages that PKB accepts: the wire's own word, and the use where a type has several → what does it."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.domain.record import Sender
from sandbox.hl7.messages import adt_demographics, qry_a19
from sandbox.hl7.profiles import Profile, profiles
from sandbox.hl7.segments import Message
from sandbox.hl7.visit import Handler

MESSAGES: dict[str, Handler] = {
    "ADT^A28": adt_demographics.receive,
    "ADT^A31": adt_demographics.receive,
    "QRY^A19": qry_a19.receive,
}
"""A handler applies the message and returns the reply, or None for a plain `AA`. Each has a facts file beside it."""

SLICES: dict[str, Callable[[Message, Sender], str]] = {}
"""A type with several uses → what tells which use a message is."""


def profile_of(message: Message, sender: Sender) -> Profile:
    """The profile of a message whose type is supported."""
    slice_of = SLICES.get(message.type)
    name = f"{message.type} {slice_of(message, sender)}" if slice_of else message.type
    return profiles()[name]
