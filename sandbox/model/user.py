"""People who work for an organisation."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.model.patient import Name


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A professional (`CLINICIAN`) or a team coordinator (`TEAMCOORD`); PKB keeps one user per team membership.

    A user who is not `active` was deactivated and cannot sign in.
    """

    id: str
    legacy_id: int
    name: Name
    email: str
    password: str
    scope: str
    organisation: str
    team: str | None = None
    active: bool = True
