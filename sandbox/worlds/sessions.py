"""API sessions: the access that a user, or a team coordinator, granted to a client, and the tokens for it.

A token is 24 bytes: the session's handle, an expiry and a number, and a keyed digest over them. So a session needs no
list of its tokens: an expired or used one is recognised and never remembered, however often a session is refreshed.

Sources: *Code grant*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365013193 ; *Response code*,
http://dev.patientsknowbest.com/home/fhir-api/codesystem
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum

from sandbox import facts
from sandbox.base.ids import Ids
from sandbox.store.durable.tracked import Tracked
from sandbox.worlds.api_session import ApiSession, AuthorizationCode
from sandbox.worlds.pkce import Challenge

ACCESS, REFRESH = b"access", b"refresh"
_HANDLE, _EXPIRY, _NUMBER, _DIGEST = 8, 5, 3, 8
"""The parts of a token, in bytes: 24 in total, 32 characters."""


class TokenState(Enum):
    """The state of a token."""

    LIVE = "live"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    SESSION_EXPIRED = "session expired"
    SESSION_INVALID = "session invalid"


class Sessions:
    """The sessions of one world. They survive a reset, like the tokens of seeded credentials."""

    CODE_LIFE = timedelta(seconds=facts.value("oauth.code-life"))
    PASSWORD_LIFE = timedelta(seconds=facts.value("oauth.one-time-password"))
    WEB_LIFE = timedelta(minutes=30)

    def __init__(
        self,
        ids: Ids,
        claim: Callable[[object], None] = lambda key: None,
        release: Callable[[object], None] = lambda key: None,
    ) -> None:
        """`claim` is called with each key that identifies this world, `release` when the key is no longer valid.

        Keys are handles of sessions, one-time passwords and cookies of browsers.
        """
        self._ids = ids
        self._claim = claim
        self._release = release
        self.key = ids.token().encode()
        """The key of the digests in tokens."""
        self._sessions: Tracked[bytes, ApiSession] = Tracked()
        self._codes: Tracked[str, AuthorizationCode] = Tracked()
        self._tethered: Tracked[str, bytes] = Tracked()
        self._passwords: Tracked[str, tuple[str, datetime]] = Tracked()
        self._web: Tracked[str, tuple[str, datetime]] = Tracked()
        self._browsers: Tracked[str, tuple[str, datetime]] = Tracked()

    def __len__(self) -> int:
        return len(self._sessions)

    def open(
        self,
        client: str,
        scope: str,
        *,
        user: str | None = None,
        team: str | None = None,
        expires_at: datetime | None = None,
    ) -> ApiSession:
        # Eight random bytes, by way of the ids of the world, so that a seeded run repeats them.
        handle = base64.urlsafe_b64decode(self._ids.token(9))[:_HANDLE]
        session = ApiSession(handle=handle, client=client, scope=scope, user=user, team=team, expires_at=expires_at)
        self._claim(handle)
        return self._keep(session)

    def tethered_refresh_token(self, client: str, team: str, now: datetime) -> str:
        """Return an unused refresh token, in a live session, of a client that a coordinator tethered to a team."""
        session = self._sessions.get(self._tethered.get(client, b""))
        if session is None or _state(session, now) is not TokenState.LIVE:
            session = self.open(client, "SITE", team=team)
            self._tethered[client] = session.handle
        return self.refresh_token(session)

    def end_all_of(self, client: str) -> None:
        """End every session of a client."""
        for session in list(self._sessions.values()):
            if session.client == client:
                self.end(session)

    def end(self, session: ApiSession) -> ApiSession:
        """End a session, and return it as it is then."""
        return self._keep(replace(self._sessions[session.handle], invalid=True))

    def _keep(self, session: ApiSession) -> ApiSession:
        self._sessions[session.handle] = session
        return session

    def issue_code(
        self, client: str, redirect_uri: str, user: str, scope: str, now: datetime, challenge: Challenge | None = None
    ) -> str:
        """Issue a code; expired ones are dropped."""
        for expired in [code for code, pending in self._codes.items() if pending.expires_at <= now]:
            del self._codes[expired]
        value = self._ids.token()
        expires_at = now + self.CODE_LIFE
        self._codes[value] = AuthorizationCode(
            client=client,
            redirect_uri=redirect_uri,
            user=user,
            scope=scope,
            expires_at=expires_at,
            challenge=challenge,
        )
        return value

    def is_proved(self, value: str, verifier: str | None) -> bool:
        """Return whether a verifier matches the challenge of a code; without a challenge, no verifier is accepted.

        A verifier without a challenge means that the challenge was lost on the way (RFC 9700 section 2.1.1).
        """
        code = self._codes.get(value)
        if code is None:
            return True  # there is nothing to prove: `redeem_code` refuses it
        return not verifier if code.challenge is None else code.challenge.is_met_by(verifier or "")

    def redeem_code(
        self, value: str, client: str, redirect_uri: str, now: datetime, expires_at: datetime | None = None
    ) -> ApiSession | None:
        """Open the session of a code, once. A second use ends the session that the first one opened."""
        code = self._codes.get(value)
        if code is None or code.expires_at <= now or code.client != client or code.redirect_uri != redirect_uri:
            return None
        # RFC 6749 section 4.1.2: a second use suggests a stolen code, so the tokens of the first use end too.
        if code.session is not None:
            self.end(self._sessions[code.session])
            return None
        session = self.open(client, code.scope, user=code.user, expires_at=expires_at)
        self._codes[value] = replace(code, session=session.handle)
        return session

    def user_of(self, client: str, code: str, refresh_token: str) -> str | None:
        """Return the user of a client's code or refresh token, without changing anything."""
        pending = self._codes.get(code)
        if pending is not None and pending.client == client:
            return pending.user
        session = self.of_refresh_token(refresh_token, client)
        return session.user if session is not None else None

    def issue_one_time_password(self, user: str, now: datetime) -> str:
        """Issue a password for one sign-in within a minute; expired ones are dropped."""
        for expired in [word for word, kept in self._passwords.items() if kept[1] <= now]:
            self._forget_password(expired)
        value = self._ids.token()
        self._passwords[value] = (user, now + self.PASSWORD_LIFE)
        self._claim(value)
        return value

    def redeem_one_time_password(self, value: str, now: datetime) -> str | None:
        """Return the user of a one-time password, once."""
        user, expires_at = self._passwords.get(value, (None, now))
        self._forget_password(value)
        return user if expires_at > now else None

    def _forget_password(self, value: str) -> None:
        if self._passwords.pop(value, None) is not None:
            self._release(value)

    def enter_web(self, user: str, route: str, now: datetime) -> None:
        """Record how a person signed in to PKB's web pages, for half an hour."""
        for ended in [person for person, entry in self._web.items() if entry[1] <= now]:
            del self._web[ended]
        self._web[user] = (route, now + self.WEB_LIFE)

    def open_browser(self, user: str, now: datetime) -> str:
        """Return the cookie of a browser in which a person signed in to PKB's web pages, for half an hour."""
        for ended in [cookie for cookie, kept in self._browsers.items() if kept[1] <= now]:
            self._forget_browser(ended)
        value = self._ids.token()
        self._browsers[value] = (user, now + self.WEB_LIFE)
        self._claim(value)
        return value

    def of_browser(self, cookie: str, now: datetime) -> str | None:
        """Return the person who signed in in a browser."""
        user, expires_at = self._browsers.get(cookie, (None, now))
        return user if expires_at > now else None

    def _forget_browser(self, cookie: str) -> None:
        if self._browsers.pop(cookie, None) is not None:
            self._release(cookie)

    def web_route(self, user: str, now: datetime) -> str:
        """Return the access route of data that a person enters in the web pages: the recorded one, else the default."""
        route, expires_at = self._web.get(user, ("", now))
        return route if expires_at > now else "WEBAPP"

    def leave_web(self) -> None:
        """Forget how people signed in to the web pages."""
        self._web.clear()
        for cookie in list(self._browsers):
            self._forget_browser(cookie)

    def access_token(self, session: ApiSession, expires_at: datetime) -> str:
        # The number makes two tokens of one second different.
        present = self._sessions[session.handle]
        session = self._keep(replace(present, issued=present.issued + 1))
        return self._token(ACCESS, session, int(expires_at.timestamp()), session.issued)

    def refresh_token(self, session: ApiSession) -> str:
        """Return the session's one valid refresh token."""
        return self._token(REFRESH, session, 0, self._sessions[session.handle].refreshed)

    def of_access_token(self, token: str, now: datetime) -> tuple[TokenState, ApiSession | None]:
        session, expiry, _ = self._read(ACCESS, token)
        if session is None:
            return TokenState.UNKNOWN, None
        state = _state(session, now)
        return (TokenState.EXPIRED if state is TokenState.LIVE and expiry <= now.timestamp() else state), session

    def of_refresh_token(self, token: str, client: str) -> ApiSession | None:
        """Return the session of a client's refresh token, used or not, without changing anything."""
        session, _, _ = self._read(REFRESH, token)
        return session if session is not None and session.client == client else None

    def use_refresh_token(self, token: str, client: str, now: datetime) -> tuple[TokenState, ApiSession | None]:
        """Use a refresh token, once: a second use ends the session."""
        session, _, number = self._read(REFRESH, token)
        if session is None or session.client != client:
            return TokenState.UNKNOWN, None
        # An older number means a token that was used before (RFC 9700 section 4.14.2): one of two holders stole it.
        if number != session.refreshed:
            session = self.end(session)
        state = _state(session, now)
        if state is TokenState.LIVE:
            session = self._keep(replace(session, refreshed=session.refreshed + 1))
        return state, session

    def _token(self, kind: bytes, session: ApiSession, expiry: int, number: int) -> str:
        expiring = max(expiry, 0).to_bytes(_EXPIRY, "big")
        head = session.handle + expiring + (number % 256**_NUMBER).to_bytes(_NUMBER, "big")
        return base64.urlsafe_b64encode(head + self._digest(kind, head)).decode()

    def _read(self, kind: bytes, token: str) -> tuple[ApiSession | None, int, int]:
        raw = _decoded(token)
        if raw is None:
            return None, 0, 0
        # The digest covers the kind, so that an access token is no refresh token.
        head, digest = raw[:-_DIGEST], raw[-_DIGEST:]
        if len(head) != _HANDLE + _EXPIRY + _NUMBER or not hmac.compare_digest(digest, self._digest(kind, head)):
            return None, 0, 0
        expiry, number = head[_HANDLE:-_NUMBER], head[-_NUMBER:]
        return self._sessions.get(head[:_HANDLE]), int.from_bytes(expiry, "big"), int.from_bytes(number, "big")

    def _digest(self, kind: bytes, head: bytes) -> bytes:
        return hmac.new(self.key, kind + head, hashlib.sha256).digest()[:_DIGEST]


def handle_of(token: str) -> bytes | None:
    """Return the handle of the session in a token, unverified; None for any other text."""
    raw = _decoded(token)
    return raw[:_HANDLE] if raw is not None and len(raw) == _HANDLE + _EXPIRY + _NUMBER + _DIGEST else None


def _decoded(token: str) -> bytes | None:
    try:
        return base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None


def _state(session: ApiSession, now: datetime) -> TokenState:
    if session.invalid:
        return TokenState.SESSION_INVALID
    if session.expires_at is not None and session.expires_at <= now:
        return TokenState.SESSION_EXPIRED
    return TokenState.LIVE
