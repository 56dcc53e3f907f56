"""Invitations to register: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364356159 (Join PKB URLs)"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A pair of codes with which one patient can register until `expires_at`; a later pair does not invalidate
    earlier ones.

    `id` is the invitation code (`t1` of a join URL), `access_code` its secret (`t2`). `email` is the address to which
    PKB sent the codes, if any.
    """

    id: str
    access_code: str
    patient: str
    organisation: str
    created_at: datetime
    expires_at: datetime
    email: str = ""
