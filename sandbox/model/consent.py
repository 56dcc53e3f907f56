"""Consent: what a patient lets a team, a professional or a carer see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Grantee:
    """Who may see. `kind` is `team`, `professional` or `carer` (then `id` is the carer's own patient record)."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One consent record of a patient: the privacy labels granted, and whether the grantee has been discharged."""

    id: str
    patient: str
    grantee: Grantee
    labels: tuple[str, ...] = ()
    discharged: bool = False
    updated_at: datetime
