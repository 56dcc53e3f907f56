"""Credentials: the header Authorization, signed and opaque tokens, forms of token requests."""

from __future__ import annotations

import base64
from functools import cache

from hypothesis import strategies as st

from sandbox.access.credentials import authenticate, basic, bearer, world_of
from sandbox.access.login_identity import find_holder, with_identity
from sandbox.access.tokens import issue, principal_of
from sandbox.access.tokens import world_of as world_of_token
from sandbox.errors import Unauthenticated
from sandbox.model import Credential
from sandbox.oauth.errors import TokenError
from sandbox.oauth.form import _fields
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces
from tests.fuzz.strategies import as_json, json_values, pieces
from tests.fuzz.target import Target


@cache
def _worlds() -> Workspaces:
    return Workspaces(Settings(clock="2026-03-10T12:00:00Z", seed=1))


@cache
def _token() -> str:
    """A good token: what is changed in it must be noticed."""
    workspace = _worlds().default
    credential = next(row for row in workspace.store.all(Credential) if row.kind == "system-client")
    return issue(workspace, credential, "http://localhost/api/oauth", 3600, {}).value


WORDS = (
    "Basic ",
    "Bearer ",
    "bearer\t",
    "eyJhbGciOiJub25lIn0",
    ".",
    "..",
    "=",
    "-_",
    "\x00",
    "\xff",
    " ",
    ":",
    "dXNlcjpwYXNz",
    ",",
    "Digest ",
    "$TOKEN",
)
HEADS = json_values(
    ("alg", "kid", "typ", "crit", "b64", "exp", "jti", "client_id", "iss"), ("none", "HS256", "RS256", "JWT")
)


def _part(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")


FORGED = st.builds(
    lambda head, claims, end: b"Bearer " + b".".join((_part(head), _part(claims), end)),
    as_json(HEADS),
    as_json(HEADS),
    st.binary(max_size=8).map(_part) | st.just(b""),
)


def _header(data: bytes) -> str:
    """Whatever the header says, the caller is nobody, unless it has the good token as it is."""
    header = data.decode("latin-1").replace("$TOKEN", _token())
    pair = basic(header)
    if pair is not None:
        assert authenticate(_worlds(), *pair) is None
        world_of(_worlds(), pair[0])
    token = bearer(header)
    if token is None:
        return "no token"
    world_of_token(_worlds(), token)
    find_holder(_worlds(), _worlds().default, token)
    principal_of(_worlds(), token)
    assert token == _token(), "a changed token was accepted"
    return "accepted"


def _identity(data: bytes) -> str:
    """The identity of a deep link, and the address to which it is added."""
    text = data.decode("utf-8", "replace")
    find_holder(_worlds(), _worlds().default, text)
    return with_identity(text, text)


def _form(data: bytes) -> int:
    query, _, body = data.partition(b"\n")
    return len(_fields(body, query))


FORM = (
    "grant_type",
    "client_credentials",
    "=",
    "&",
    "client_id",
    "+",
    "%",
    "%00",
    "%ff",
    ";",
    "\ufeff",
    "refresh_token",
)

TARGETS: tuple[Target, ...] = (
    Target(
        name="authorization",
        run=_header,
        refusals=(Unauthenticated,),
        words=tuple(word.encode("latin-1") for word in WORDS),
        strategy=pieces(WORDS) | FORGED,
    ),
    Target(
        name="login-identity",
        run=_identity,
        words=(b"@", b"tola.adeyemi@example.org", b"https://", b"[", b".", b"]"),
        strategy=pieces(("@", "tola.adeyemi@example.org", "https://x.test/", "[", "]", ".", "?", "#")),
    ),
    Target(
        name="oauth-form",
        run=_form,
        refusals=(TokenError,),
        words=tuple(word.encode() for word in FORM),
        strategy=pieces(FORM),
    ),
)
