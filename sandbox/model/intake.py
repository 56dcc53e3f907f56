"""The data that a sender sends about a patient, before PKB decides how to use it.

In every attribute `None` means not sent, or sent blank: the stored value stays. Empty text clears the value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from sandbox.base.quick_init import quick_init


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class SentIdentifier:
    """An identifier as sent: the value, assigning authority, type code and verification status (`01`).

    `where` is its place in the message, in the words of the feed.
    """

    value: str
    assigning_authority: str
    type_code: str
    status: str = ""
    # Only explanations need it: the same identifier at another place is an equal one.
    where: str = field(default="", compare=False)


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Demographics:
    """Demographics as sent. `gender` is one of `model.patient.GENDERS`; `emails` contains the addresses in order."""

    identifiers: tuple[SentIdentifier, ...] = ()
    family: str | None = None
    given: str | None = None
    middle: str | None = None
    title: str | None = None
    date_of_birth: date | None = None
    gender: str | None = None
    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    state: str | None = None
    postcode: str | None = None
    country: str | None = None
    phone: str | None = None
    emails: tuple[str, ...] = ()
    language: str | None = None
    deceased: bool | None = None
    died_at: datetime | None = None
