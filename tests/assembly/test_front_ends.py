"""The front ends of a server: one for each API, and what the first token request prepares."""

from __future__ import annotations

import pytest

from sandbox.access import keys
from sandbox.assembly.front_ends import FRONT_ENDS, MODULES, _needs_key, front_ends
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces


def test_each_api_has_a_front_end_of_its_modules():
    assert set(front_ends(Workspaces(Settings()))) == set(FRONT_ENDS) == set(MODULES)


@pytest.mark.parametrize(("seed", "is_seeded"), [(None, False), (0, True), (7, True)])
def test_the_key_of_a_seeded_server_is_the_shipped_one(
    seed: int | None, is_seeded: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(keys, "_rings", {})
    preparation = front_ends(Workspaces(Settings(seed=seed)))["oauth"]._preparation
    assert preparation is not None
    preparation.run()
    assert list(keys._rings) == [is_seeded]


@pytest.mark.parametrize(
    ("method", "path", "is_needed"),
    [
        ("POST", "/api/oauth/token", True),
        ("POST", "/apiToken.action", True),
        ("GET", "/auth/realms/pkb/protocol/openid-connect/certs", True),
        ("GET", "/apiAuthorize.action", False),
        ("GET", "/auth/realms/pkb/.well-known/openid-configuration", False),
    ],
)
def test_a_key_is_made_for_tokens_and_for_its_public_half(method: str, path: str, is_needed: bool):
    assert _needs_key(method, path) is is_needed
