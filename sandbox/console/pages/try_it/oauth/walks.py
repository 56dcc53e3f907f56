"""Walks through the code grant, each with its state so far. The newest of each world are kept in memory."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

from sandbox.console.rendering import link
from sandbox.errors import NotFound
from sandbox.http.call import Call
from sandbox.worlds.workspace import Workspace

MOST = 100
CALLBACK = "/try/callback"
AUTHORIZE = "/apiAuthorize.action"


@dataclass(slots=True, kw_only=True)
class Walk:
    """One walk. `state` is its word in the redirect, `verifier` the secret of PKCE, empty without it.

    `code` and `error` are what the redirect brought; `exchanges` are the steps that were sent: name and exchange id.
    """

    id: str
    client: str
    redirect_uri: str
    scope: str
    state: str
    verifier: str = ""
    code: str = ""
    error: str = ""
    error_description: str = ""
    access_token: str = ""
    refresh_token: str = ""
    used_refresh_token: str = ""
    exchanges: list[tuple[str, str]] = field(default_factory=list)

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() if self.verifier else ""

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of the authorization request."""
        values = {
            "response_type": "code",
            "client_id": self.client,
            "redirect_uri": self.redirect_uri,
            "scope": self.scope,
            "state": self.state,
            "code_challenge": self.challenge,
            "code_challenge_method": "S256" if self.verifier else "",
        }
        return {name: value for name, value in values.items() if value}

    @property
    def authorize_query(self) -> str:
        return urlencode(self.parameters)

    @property
    def step(self) -> int:
        """The step that comes next: 1 sign-in, 2 the code, 3 a call, 4 a refresh, 5 done."""
        if not self.access_token:
            return 2 if self.code else 1
        names = [name for name, _ in self.exchanges]
        return 5 if "refresh" in names else 4 if "call" in names else 3


# Weak, so that a deleted workspace is not kept by its walks.
_walks: WeakKeyDictionary[Workspace, OrderedDict[str, Walk]] = WeakKeyDictionary()


def begin(call: Call, client: str, scope: str, *, with_pkce: bool) -> Walk:
    """Begin a walk with a client, whose redirect leads back to the console."""
    walk = Walk(
        id=secrets.token_hex(8),
        client=client,
        redirect_uri=callback_of(call),
        scope=scope,
        state=secrets.token_urlsafe(12),
        verifier=secrets.token_urlsafe(48) if with_pkce else "",
    )
    walks = _walks.setdefault(call.workspace, OrderedDict())
    walks[walk.id] = walk
    while len(walks) > MOST:
        walks.popitem(last=False)
    return walk


def walk_of(call: Call) -> Walk:
    """Return the walk of the page's address. Raises NotFound."""
    walk = _walks.get(call.workspace, OrderedDict()).get(call.params["id"])
    if walk is None:
        raise NotFound("This walk is over: the server keeps only the newest, until it stops. Begin another.")
    return walk


def with_state(call: Call, state: str) -> Walk | None:
    """Return the walk that a redirect belongs to."""
    walks = _walks.get(call.workspace, OrderedDict())
    return next((walk for walk in walks.values() if secrets.compare_digest(walk.state.encode(), state.encode())), None)


def callback_of(call: Call) -> str:
    """Return the redirect URI of the console, in the page's world, as this browser reaches it."""
    return call.base_url.removesuffix(call.base_path) + link(call, CALLBACK)
