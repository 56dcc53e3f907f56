"""The rules of a world's record, from the settings of the same names."""

from __future__ import annotations

from sandbox.domain.record import Rules
from sandbox.settings import Settings


def rules_of(settings: Settings) -> Rules:
    return Rules(
        check_nhs_number=settings.check_nhs_number,
        strict_demographics=settings.strict_demographics,
        invite_on_first_email=settings.invite_on_first_email,
        a08_roadmap=settings.a08_roadmap,
        gp_roadmap=settings.gp_roadmap,
        nk1_roadmap=settings.nk1_roadmap,
    )
