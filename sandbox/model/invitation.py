"""Invitations to register: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364356159 (Join PKB URLs)"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A pair of codes with which one patient registers until `expires_at`; a later pair leaves earlier ones good.

    `id` is the invitation code (`t1` of a join URL), `access_code` the secret beside it (`t2`). `email`
    is the address that PKB mailed them to, where it did.
    """

    id: str
    access_code: str
    patient: str
    organisation: str
    created_at: datetime
    expires_at: datetime
    email: str = ""
