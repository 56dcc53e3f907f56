"""Reading and checking credentials: HTTP Basic (RFC 7617), bearer tokens (RFC 6750), form-decoding (RFC 6749)."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from sandbox.access.credentials import authenticate, basic, bearer, list_credentials
from sandbox.model import Credential
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


BASIC = {
    "user and password": (f"Basic {encoded('ann:secret')}", ("ann", "secret")),
    "the scheme in any case": (f"bAsIc {encoded('ann:secret')}", ("ann", "secret")),
    "a password with colons": (f"Basic {encoded('ann:a:b:c')}", ("ann", "a:b:c")),
    "an empty password": (f"Basic {encoded('ann:')}", ("ann", "")),
    "letters of any script": (f"Basic {encoded('王:ключ')}", ("王", "ключ")),
    "no colon": (f"Basic {encoded('ann')}", None),
    "another scheme": (f"Bearer {encoded('ann:secret')}", None),
    "no base64": ("Basic !!!", None),
    "padding missing": ("Basic YQ", None),
    "bytes that are no UTF-8": (f"Basic {base64.b64encode(bytes([255, 58, 255])).decode()}", None),
    "nothing": ("", None),
}
BEARER = {
    "a token": ("Bearer abc", "abc"),
    "the scheme in any case": ("bearer abc", "abc"),
    "no token": ("Bearer ", None),
    "the scheme alone": ("Bearer", None),
    "another scheme": ("Basic abc", None),
    "nothing": ("", None),
}


@pytest.mark.parametrize(("header", "read"), BASIC.values(), ids=BASIC)
def test_a_basic_header_is_read(header: str, read: tuple[str, str] | None):
    assert basic(header) == read


@pytest.mark.parametrize(("header", "read"), BEARER.values(), ids=BEARER)
def test_a_bearer_header_is_read(header: str, read: str | None):
    assert bearer(header) == read


@pytest.fixture
def workspaces() -> Workspaces:
    fresh = Workspaces(Settings())
    fresh.default.store.put(Credential(id="a b", kind="system-client", name="Odd", secret="s+c%r t"))
    fresh.default.store.put(Credential(id="a%20b", kind="system-client", name="Odder", secret="100%25"))
    return fresh


@pytest.mark.parametrize(
    ("id_", "secret", "checked_id"),
    [
        ("a b", "s+c%r t", "a b"),
        ("a+b", "s%2Bc%25r+t", "a b"),
        ("a%20b", "s%2Bc%25r%20t", "a b"),
        ("a%20b", "100%25", "a%20b"),
        ("a b", "s c%r t", None),
        ("a b", "", None),
        ("nobody", "s+c%r t", None),
        ("nobody", "", None),
        ("stepwise-diary", "", None),
    ],
    ids=[
        "as sent",
        "form-encoded",
        "percent-encoded",
        "as sent wins",
        "wrong",
        "empty",
        "unknown",
        "both",
        "no secret",
    ],
)
def test_credentials_are_compared_as_sent_and_then_form_decoded(
    workspaces: Workspaces, id_: str, secret: str, checked_id: str | None
):
    credential = authenticate(workspaces, id_, secret)
    assert (credential and credential[1].id) == checked_id


def test_a_revoked_credential_opens_nothing_and_is_not_listed(workspaces: Workspaces):
    store = workspaces.default.store
    credential = store.get(Credential, "letterbox-facade")
    assert authenticate(workspaces, credential.id, credential.secret) is not None
    store.put(replace(credential, revoked=True))
    assert authenticate(workspaces, credential.id, credential.secret) is None
    assert credential.id not in {row.get("client_id") for row in list_credentials(workspaces.default)}
