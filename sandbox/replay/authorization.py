"""The secrets of requests, which a recording does not contain: those of the credentials file, and tokens got with them.

A token belongs to a client and the user who signed in; the newest one counts, as in the recording.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from sandbox.replay.connection import ReplayConnection, ReplayedResponse
from sandbox.replay.credentials import MatchedCredential
from sandbox.replay.other_sandbox import OtherSandbox
from sandbox.replay.recording import MASK, RecordedExchange

TOKEN_PATHS = {
    "system-client": "/api/oauth/token",
    "customer-system-client": "/auth/realms/pkb/protocol/openid-connect/token",
}
USERS_TOKENS = "/apiToken.action"
FORM = "application/x-www-form-urlencoded"
WRONG = "not-a-valid-secret"
"""What is sent where the recorded request was refused for its secret."""
VERIFIER = "verifier-of-a-replay-in-place-of-the-masked-one"
"""The proof (RFC 7636) of a code that the replay itself lets a user approve."""


class NotAvailable(Exception):
    """A request cannot be sent for want of a secret; the text says which."""


@dataclass(slots=True)
class ReplayTokens:
    access: str = ""
    refresh: str = ""


@dataclass(slots=True)
class Authorization:
    """Secrets for the requests of a replay. `one_time` are one-time passwords that were issued and not yet used."""

    credentials: Mapping[str, MatchedCredential]
    connection: ReplayConnection
    sandbox: OtherSandbox
    tokens: dict[tuple[str, str], ReplayTokens] = field(default_factory=dict)
    one_time: list[str] = field(default_factory=list)

    def credential(self, exchange: RecordedExchange) -> MatchedCredential:
        """Return the credential that stands for the recorded caller. Raises NotAvailable."""
        credential = self.credentials.get(exchange.client)
        if credential is None:
            raise NotAvailable(f"the credentials file has no credential for {exchange.client} ({exchange.kind})")
        return credential

    def header(self, exchange: RecordedExchange) -> str:
        """Return the value of the header Authorization. Raises NotAvailable."""
        is_refused = is_secret_refused(exchange)
        is_basic = exchange.api in ("hl7", "oauth")
        if exchange.client not in self.credentials and is_refused:
            return basic(exchange.client or WRONG, WRONG) if is_basic else f"Bearer {WRONG}"
        if not exchange.client and not is_refused:
            return ""  # the server asked for no credential, and did not look whose it was
        credential = self.credential(exchange)
        if is_basic:
            return basic(credential.id, WRONG if is_refused else credential.secret)
        return f"Bearer {WRONG if is_refused else self.access_token(exchange)}"

    def secret(self, name: str, exchange: RecordedExchange, fields: Mapping[str, str]) -> str:
        """Return what stands for a masked value of a form or query by its name. Raises NotAvailable."""
        is_refused = is_secret_refused(exchange)
        if name in ("client_secret", "password"):
            return WRONG if is_refused else self.credential(exchange).secret
        if name in ("access_token", "token"):
            return WRONG if is_refused else self.access_token(exchange)
        if name == "otpToken":
            if not self.one_time and not is_refused:
                raise NotAvailable("no one-time password was issued")
            # In the order of issue: the recording masks these passwords, so which one a request used is unknown.
            return self.one_time.pop(0) if not is_refused else WRONG
        if name == "code_verifier" and not is_refused:
            return VERIFIER
        if is_refused or name not in ("code", "refresh_token"):
            return WRONG
        return self.code(exchange, fields) if name == "code" else self._refresh_token(exchange)

    def access_token(self, exchange: RecordedExchange) -> str:
        """Return the newest token of the caller; without one, get one. Raises NotAvailable."""
        key = (exchange.client, exchange.user)
        tokens = self.tokens.setdefault(key, ReplayTokens())
        if not tokens.access:
            credential = self.credential(exchange)
            tokens.access = str(self._row(credential, exchange.user).get("access_token") or "")
            if not tokens.access:
                self.note(exchange, self._request_token(credential, exchange))
        if not tokens.access:
            raise NotAvailable(f"no access token for {self._name(exchange)}")
        return tokens.access

    def forget(self, exchange: RecordedExchange) -> bool:
        """Forget the access token of a caller, unless the recorded one was refused. Return whether there was one."""
        is_bearer = exchange.api not in ("hl7", "oauth") and "authorization" in exchange.request.headers
        tokens = self.tokens.get((exchange.client, exchange.user))
        if not is_bearer or is_secret_refused(exchange) or tokens is None or not tokens.access:
            return False
        tokens.access = ""
        return True

    def note(self, exchange: RecordedExchange, reply: ReplayedResponse) -> None:
        """Note the tokens of a response, if it has any."""
        answer = reply.as_json() if reply.status == 200 else None
        if not isinstance(answer, dict):
            return
        if isinstance(answer.get("otpToken"), str):
            self.one_time.append(answer["otpToken"])
        if isinstance(answer.get("access_token"), str):
            tokens = self.tokens.setdefault((exchange.client, exchange.user), ReplayTokens())
            tokens.access = answer["access_token"]
            # Emptied if the answer has none: a refresh token can be used only once.
            tokens.refresh = str(answer.get("refresh_token") or "")

    def code(self, exchange: RecordedExchange, fields: Mapping[str, str]) -> str:
        """Return a code that the user approved, by the control API of the other sandbox. Raises NotAvailable."""
        credential = self.credential(exchange)
        user = str(self._row(credential, exchange.user).get("id") or exchange.user)
        redirect = credential.redirect_uri(fields.get("redirect_uri", ""))
        request = {"client_id": credential.id, "redirect_uri": redirect}
        if fields.get("code_verifier"):
            verifier = VERIFIER if fields["code_verifier"] == MASK else fields["code_verifier"]
            digest = hashlib.sha256(verifier.encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            request |= {"code_challenge": challenge, "code_challenge_method": "S256"}
        code = self.sandbox.code(user, request)
        if code is None:
            raise NotAvailable(f"nobody can approve {self._name(exchange)}: the server has no control API for it")
        return code

    def _refresh_token(self, exchange: RecordedExchange) -> str:
        tokens = self.tokens.setdefault((exchange.client, exchange.user), ReplayTokens())
        token = tokens.refresh or str(self._row(self.credential(exchange), exchange.user).get("refresh_token") or "")
        if not token:
            raise NotAvailable(f"no refresh token for {self._name(exchange)}")
        return token

    def _request_token(self, credential: MatchedCredential, exchange: RecordedExchange) -> ReplayedResponse:
        path, headers = TOKEN_PATHS.get(credential.kind, USERS_TOKENS), {"Content-Type": FORM}
        if credential.kind in TOKEN_PATHS:
            headers["Authorization"] = basic(credential.id, credential.secret)
            form = {"grant_type": "client_credentials"}
        elif credential.kind == "user-client" and not self._row(credential, exchange.user).get("refresh_token"):
            redirect = str((credential.actual.get("redirect_uris") or [""])[0])
            code = self.code(exchange, {"redirect_uri": redirect})
            form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect}
        else:
            # PKB's tethered tokens are asked for with the scope SITE.
            scope = {} if credential.kind == "user-client" else {"scope": "SITE"}
            form = {"grant_type": "refresh_token", "refresh_token": self._refresh_token(exchange), **scope}
        if path == USERS_TOKENS:
            form["client_id"] = credential.id
        return self.connection.send("POST", path, headers, urlencode(form).encode())

    def _row(self, credential: MatchedCredential, user: str) -> Mapping[str, Any]:
        """Return the row with the tokens: of the user, or of the client."""
        row = credential.user(user) if user else {}
        return row or (credential.actual if not user else {"id": user, **_tokens(credential.actual)})

    def _name(self, exchange: RecordedExchange) -> str:
        return f"a user of {exchange.client}" if exchange.user else exchange.client


def is_secret_refused(exchange: RecordedExchange) -> bool:
    """Return whether a recorded request was refused for its secret, which the recording does not contain."""
    had_secret = "authorization" in exchange.request.headers or MASK in _text(exchange)
    # RFC 6749, 5.2: a wrong client is answered with 401, but a wrong code or refresh token with 400.
    return had_secret and (exchange.status == 401 or (exchange.api == "oauth" and exchange.status == 400))


def _text(exchange: RecordedExchange) -> str:
    return unquote(exchange.target) + unquote(exchange.request.text)


def basic(user: str, password: str) -> str:
    """The header of HTTP Basic (RFC 7617)."""
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def form_of(text: str) -> dict[str, str]:
    """Read a form or query string; the last value of a name counts."""
    return dict(parse_qsl(text, keep_blank_values=True))


def _tokens(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in ("access_token", "refresh_token") if row.get(key)}
