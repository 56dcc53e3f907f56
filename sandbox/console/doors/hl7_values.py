"""How HL7 messages write the values of the model."""

from __future__ import annotations

import base64
from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sandbox.base.clock import HOME, LocalDay

WORDS = {
    "IN_PATIENT": "I",
    "OUT_PATIENT": "O",
    "EMERGENCY": "E",
    "In patient": "I",
    "MALE": "M",
    "FEMALE": "F",
    "INDETERMINATE": "I",
    "CLINIC_LETTER": "CL",
    "DISCHARGE_SUMMARY": "DS",
}
"""Constant of the model → its code in a field."""
FLAGS = {True: ("Y", "REGISTERED"), False: ("N", "NOT_REGISTERED")}
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


def says(text: str, value: Any, entity: Any, others: Collection[str] = ()) -> bool:
    """Return whether the text of a part of a message is a value, or contains it.

    `entity` is what the value belongs to, `others` are what senders call an id.
    """
    return is_value(text, value, entity, others) or _is_partly(text, value, others)


def is_value(text: str, value: Any, entity: Any, others: Collection[str] = ()) -> bool:
    """Return whether the whole text of a part of a message is a value."""
    if text in others and text:
        return True
    if isinstance(value, bool):
        return text in FLAGS[value]
    if isinstance(value, LocalDay):
        return text == f"{value:%Y%m%d}"
    if isinstance(value, datetime):
        local = value.astimezone(HOME)
        written = (f"{local:%Y%m%d%H%M}", f"{local:%Y%m%d%H%M%S}", f"{value:%Y%m%d%H%M%S+0000}")
        return text in written or (bool(text) and text == _days(entity, value))
    if isinstance(value, date):
        return text == f"{value:%Y%m%d}"
    if isinstance(value, Decimal):
        return text == f"{value:f}" or text.endswith(f"^{value:f}")
    if isinstance(value, bytes):
        return text in (value.decode("latin-1"), base64.b64encode(value).decode())
    is_word = text == WORDS.get(value, value) or text.lower() == str(value).partition("/")[0]
    return is_word or EVENTS.get(text) == value or TYPES.get(text) == value or text in _person(str(value))


def _is_partly(text: str, value: Any, others: Collection[str]) -> bool:
    if any(len(word) > 1 and word in text for word in others):
        return True
    if not isinstance(value, str) or not text:
        return False
    word = WORDS.get(value, value)
    # Short texts are in too many others by chance.
    return (len(word) > 1 and word in text) or (len(text) > 3 and text in value)


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
