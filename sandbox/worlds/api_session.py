"""API sessions, and the codes that open them, as values that never change in place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sandbox.worlds.pkce import Challenge


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSession:
    """One session. `user` granted it, `team` is the team of a tethered client; an expiry of None never expires.

    It never changes in place: `Sessions` has the present one for a handle.
    """

    handle: bytes
    client: str
    scope: str
    user: str | None = None
    team: str | None = None
    expires_at: datetime | None = None
    invalid: bool = False
    refreshed: int = 0
    issued: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationCode:
    """A code: bound to the client and to the redirect URI of the request, valid for ten minutes.

    `session` is the handle of the session that its first use opened.
    """

    client: str
    redirect_uri: str
    user: str
    scope: str
    expires_at: datetime
    challenge: Challenge | None = None
    session: bytes | None = None
