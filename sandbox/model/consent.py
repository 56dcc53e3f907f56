"""Consent: the data that a patient allows a team, a professional or a carer to see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sandbox.base.quick_init import quick_init


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Grantee:
    """The grantee of a consent. `kind` is `team`, `professional` or `carer` (then `id` is the carer's own patient
    record).
    """

    kind: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentReason:
    """The reason why a label is granted or not: one of PKB's codes, and a text."""

    label: str
    reason: str = ""
    text: str = ""


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One consent record of a patient: the privacy labels granted, and whether the grantee has been discharged.

    `reasons` has at most one entry for each label. `kept` extends a carer's access past the child's next birthday
    that would end it.
    """

    id: str
    patient: str
    grantee: Grantee
    labels: tuple[str, ...] = ()
    discharged: bool = False
    kept: bool = False
    reasons: tuple[ConsentReason, ...] = ()
    updated_at: datetime
