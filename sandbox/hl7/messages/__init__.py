"""The messages that PKB accepts: the wire's own word → the function that does it."""

from __future__ import annotations

from sandbox.hl7.messages import adt_demographics, qry_a19
from sandbox.hl7.visit import Handler

MESSAGES: dict[str, Handler] = {
    "ADT^A28": adt_demographics.receive,
    "ADT^A31": adt_demographics.receive,
    "QRY^A19": qry_a19.receive,
}
"""A handler applies the message and returns the reply, or None for a plain `AA`. Each has a facts file beside it."""
